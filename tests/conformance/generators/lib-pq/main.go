// lib/pq's answers: pq.NewConfig.
//
//	python3 ../strings.py postgresql 2000 | go run . > ../../data/lib-pq.jsonl
package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"net/netip"
	"os"
	"runtime/debug"
	"strings"
	"time"

	"github.com/lib/pq"
)

type answer struct {
	In       string            `json:"in"`
	Error    string            `json:"error,omitempty"`
	Hosts    [][2]*string      `json:"hosts,omitempty"`
	Database string            `json:"database,omitempty"`
	User     string            `json:"user,omitempty"`
	Password string            `json:"password,omitempty"`
	Params   map[string]string `json:"params,omitempty"`
}

const nobody = "nobody-was-written"

func ask(text string) answer {
	config, err := pq.NewConfig(text)
	if err != nil {
		message := err.Error()
		if at := strings.LastIndex(message, "`: "); at >= 0 {
			message = message[at+3:]
		}
		message = strings.Join(strings.Fields(message), " ")
		if len(message) > 120 {
			message = message[:120]
		}
		return answer{In: text, Error: strings.ToValidUTF8(message, "?")}
	}
	said := answer{In: text, Database: config.Database, User: config.User, Password: config.Password}
	if said.User == nobody {
		said.User = ""
	}
	add := func(host string, address netip.Addr, port uint16) {
		if (host == nobody || host == "") && address.IsValid() {
			host = address.String()
		}
		if host == nobody {
			host = ""
		}
		written := fmt.Sprint(port)
		said.Hosts = append(said.Hosts, [2]*string{&host, &written})
	}
	add(config.Host, config.Hostaddr, config.Port)
	for _, other := range config.Multi {
		add(other.Host, other.Hostaddr, other.Port)
	}
	said.Params = config.Runtime
	if config.Options != "" {
		if said.Params == nil {
			said.Params = map[string]string{}
		}
		said.Params["options"] = config.Options
	}
	return said
}

func main() {
	// What the environment and the machine would fill in is told apart from what is written.
	for _, pair := range os.Environ() {
		if name, _, _ := strings.Cut(pair, "="); strings.HasPrefix(name, "PG") {
			os.Unsetenv(name)
		}
	}
	os.Setenv("PGHOST", nobody)
	os.Setenv("PGUSER", nobody)
	os.Setenv("PGPASSFILE", "/nonexistent")
	os.Setenv("PGSERVICEFILE", "/nonexistent")
	os.Setenv("PGSSLMODE", "disable")
	version := "unknown"
	if info, ok := debug.ReadBuildInfo(); ok {
		for _, dep := range info.Deps {
			if dep.Path == "github.com/lib/pq" {
				version = strings.TrimPrefix(dep.Version, "v")
			}
		}
	}
	out := json.NewEncoder(os.Stdout)
	out.SetEscapeHTML(false)
	_ = out.Encode(map[string]any{
		"driver": "lib/pq, NewConfig", "version": version, "date": time.Now().Format("2006-01-02"),
		"dialect": "libpq-uri", "default_port": 5432,
		// It keeps what it knows in fields of its own, where the names are lost.
		"params": "some", "follows": "libpq",
	})
	lines := bufio.NewScanner(os.Stdin)
	for lines.Scan() {
		var text string
		if err := json.Unmarshal(lines.Bytes(), &text); err != nil {
			panic(err)
		}
		_ = out.Encode(ask(text))
	}
}
