{{ range .regions }}
{{ . }}: [{{ join . }}
{{ end }}
host: {{ .host }}
  port: 5432
