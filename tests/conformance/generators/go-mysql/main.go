// Answers of go-sql-driver/mysql. Wants a `go.mod`: `go mod init answers && go get github.com/go-sql-driver/mysql@latest`.
//
//	python3 ../other_strings.py go-mysql | go run . > ../../data/go-mysql.jsonl
package main

import (
	"bufio"
	"encoding/json"
	"os"
	"runtime/debug"
	"strings"
	"time"

	"github.com/go-sql-driver/mysql"
)

type answer struct {
	In       string            `json:"in"`
	Error    string            `json:"error,omitempty"`
	Hosts    [][]any           `json:"hosts,omitempty"`
	Database string            `json:"database"`
	User     string            `json:"user"`
	Password string            `json:"password"`
	Params   map[string]string `json:"params"`
}

func host(network, address string) []any {
	if !strings.Contains(network, "tcp") {
		return []any{address, nil}
	}
	at := strings.LastIndex(address, ":")
	if at < 0 || strings.HasSuffix(address, "]") {
		return []any{address, nil}
	}
	return []any{strings.Trim(address[:at], "[]"), address[at+1:]}
}

// The parameters that the driver keeps as written; those that it turns into switches only tell that they were read.
func params(config *mysql.Config) map[string]string {
	out := map[string]string{}
	for name, value := range config.Params {
		out[name] = value
	}
	if config.TLSConfig != "" {
		out["tls"] = config.TLSConfig
	}
	if config.Collation != "" {
		out["collation"] = config.Collation
	}
	if config.Loc != time.UTC {
		out["loc"] = config.Loc.String()
	}
	return out
}

func main() {
	version := "unknown"
	if info, ok := debug.ReadBuildInfo(); ok {
		for _, module := range info.Deps {
			if module.Path == "github.com/go-sql-driver/mysql" {
				version = module.Version
			}
		}
	}
	out := json.NewEncoder(os.Stdout)
	out.SetEscapeHTML(false)
	_ = out.Encode(map[string]any{
		"driver": "go-sql-driver/mysql", "version": version, "date": time.Now().Format("2006-01-02"), "dialect": "go-mysql",
		"default_port": 3306, "default_host": "127.0.0.1", "params": "some", "key": "MYSQL_DSN",
	})
	lines := bufio.NewScanner(os.Stdin)
	for lines.Scan() {
		var in string
		if err := json.Unmarshal(lines.Bytes(), &in); err != nil {
			panic(err)
		}
		config, err := mysql.ParseDSN(in)
		if err != nil {
			_ = out.Encode(map[string]string{"in": in, "error": err.Error()})
			continue
		}
		_ = out.Encode(answer{In: in, Hosts: [][]any{host(config.Net, config.Addr)}, Database: config.DBName, User: config.User, Password: config.Passwd, Params: params(config)})
	}
}
