// pgx's answers: pgconn.ParseConfig.
//
//	python3 ../strings.py postgresql 2000 | go run . > ../../data/pgx.jsonl
package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"os"
	"runtime/debug"
	"strings"
	"time"

	"github.com/jackc/pgx/v5/pgconn"
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
	config, err := pgconn.ParseConfig(text)
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
	seen := map[string]bool{}
	add := func(host string, port uint16) {
		written := fmt.Sprint(port)
		// The default of an empty entry in a list.
		if host == nobody || host == "/var/run/postgresql" && !strings.Contains(text, "run") {
			host = ""
		}
		// A host is tried with and without TLS: two entries of one.
		key := host + "\n" + written
		if !seen[key] {
			seen[key] = true
			said.Hosts = append(said.Hosts, [2]*string{&host, &written})
		}
	}
	add(config.Host, config.Port)
	for _, fallback := range config.Fallbacks {
		add(fallback.Host, fallback.Port)
	}
	said.Params = config.RuntimeParams
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
			if dep.Path == "github.com/jackc/pgx/v5" {
				version = strings.TrimPrefix(dep.Version, "v")
			}
		}
	}
	out := json.NewEncoder(os.Stdout)
	out.SetEscapeHTML(false)
	_ = out.Encode(map[string]any{
		"driver": "pgx, pgconn.ParseConfig", "version": version, "date": time.Now().Format("2006-01-02"),
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
