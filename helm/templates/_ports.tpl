{{/* The port of host:port, else the second. Called with (list address default). An address in brackets has its port after them. */}}
{{- define "caracal-gate.portOf" -}}
{{- $port := regexFind ":[0-9]+$" (index . 0) | trimPrefix ":" }}
{{- default (index . 1) $port }}
{{- end }}

{{/* Every port of Redis and its sentinels, as a JSON list. */}}
{{- define "caracal-gate.redisPorts" -}}
{{- $ports := list }}
{{- with .Values.redis.url }}
{{- $ports = append $ports (include "caracal-gate.portOf" (list (urlParse .).host 6379)) }}
{{- end }}
{{- with .Values.redis.sentinel.nodes }}
{{- /* The sentinels say where the primary is; 6379 is where it usually listens. */}}
{{- $ports = append $ports "6379" }}
{{- range . }}{{ $ports = append $ports (include "caracal-gate.portOf" (list . 26379)) }}{{ end }}
{{- end }}
{{- range .Values.redis.cluster.nodes }}
{{- $ports = append $ports (include "caracal-gate.portOf" (list . 6379)) }}
{{- end }}
{{- $ports | uniq | toJson }}
{{- end }}

{{- define "caracal-gate.postgresPort" -}}
{{- include "caracal-gate.portOf" (list (urlParse .Values.postgres.url).host 5432) }}
{{- end }}

{{/* Every port of Prometheus and the Alertmanagers that the configuration names, as a JSON list. */}}
{{- define "caracal-gate.alertingPorts" -}}
{{- $ports := list }}
{{- $urls := list }}
{{- with .Values.config.alerting }}
{{- with .prometheus }}{{ with .url }}{{ $urls = append $urls . }}{{ end }}{{ end }}
{{- with .alertmanager }}{{ range .urls }}{{ $urls = append $urls . }}{{ end }}{{ end }}
{{- end }}
{{- range $urls }}
{{- $ports = append $ports (include "caracal-gate.portOf" (list (urlParse .).host (ternary 443 80 (hasPrefix "https:" .)))) }}
{{- end }}
{{- $ports | uniq | toJson }}
{{- end }}

{{/* Ports that the canary calls: of the release's own pods, and of addresses that the values name. A JSON object of two lists. */}}
{{- define "caracal-gate.canaryPorts" -}}
{{- $release := list }}
{{- $named := list }}
{{- range $key, $port := dict "sts" "8080" "gateway" "8081" "coordinator" "4000" "api" "3000" }}
{{- $addresses := get $.Values.canary.settings $key }}
{{- if empty $addresses }}{{ $release = append $release $port }}{{ end }}
{{- range ternary (list $addresses) $addresses (kindIs "string" $addresses) }}
{{- if . }}
{{- $named = append $named (include "caracal-gate.portOf" (list (urlParse .).host (ternary 443 80 (hasPrefix "https:" .)))) }}
{{- end }}
{{- end }}
{{- end }}
{{- dict "release" $release "named" ($named | uniq) | toJson }}
{{- end }}
