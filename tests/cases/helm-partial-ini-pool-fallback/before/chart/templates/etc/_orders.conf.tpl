{{- define "orders_conf" -}}
[DEFAULT]
debug = {{ .Values.debug | default false }}

[database]
connection = {{ tuple . "orders" | include "db_url" }}
{{- include "ini_sections.database_options" . }}
max_pool_size = {{ .Values.max_pool_size | default .Values.global.max_pool_size | default 10 }}
max_overflow = {{ .Values.max_overflow | default .Values.global.max_overflow | default 50 }}
{{- if .Values.tls }}
connection_debug = 100
{{- else }}
connection_debug = 0
{{- end }}
{{- end }}
