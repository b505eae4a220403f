{{/* The token and the authority that a mirror needs to ask the exporter, as sources of a projected volume. */}}
{{- define "caracal-gate.mirrorFiles" -}}
{{- include "caracal-gate.projectedKey" (list (include "caracal-gate.mirrorToken" . | fromJson) "token") }}
{{- include "caracal-gate.projectedKey" (list (include "caracal-gate.mirrorCa" . | fromJson) "ca.crt") }}
{{- end }}

{{/* The token that it reads with, as JSON: its own, else the first that may read, else none. */}}
{{- define "caracal-gate.mirrorToken" -}}
{{- $own := .Values.mirror.token }}
{{- if $own.secretName }}
{{- if not $own.key }}{{ fail (printf "mirror.token.key: the key of Secret %s that holds the token" $own.secretName) }}{{ end }}
{{- toJson $own }}
{{- else if .Values.readTokens }}{{ toJson (first .Values.readTokens) }}
{{- else }}{{ dict "secretName" "" "configMapName" "" | toJson }}
{{- end }}
{{- end }}

{{/* The authority that it trusts, as JSON: its own, else the one beside the exporter's certificate, else none. */}}
{{- define "caracal-gate.mirrorCa" -}}
{{- $own := .Values.mirror.ca }}
{{- $tls := .Values.http.tls }}
{{- if or $own.secretName $own.configMapName }}
{{- if not $tls.secretName }}
{{- fail "mirror.ca is for an exporter that uses https: set http.tls.secretName, or leave mirror.ca empty" }}
{{- end }}{{ toJson $own }}
{{- else if and $tls.secretName $tls.caKey }}{{ dict "secretName" $tls.secretName "key" $tls.caKey | toJson }}
{{- else }}{{ dict "secretName" "" "configMapName" "" | toJson }}
{{- end }}
{{- end }}

{{/* What a mirror is asked about, as a list in YAML. */}}
{{- define "caracal-gate.mirrorArguments" -}}
{{- $mirror := .Values.mirror }}
{{- $url := printf "%s://%s.%s.svc:%v" (include "caracal-gate.scheme" .) (include "caracal-gate.fullname" .) (include "caracal-gate.namespace" .) .Values.service.port }}
{{- $arguments := list "mirror" (printf "--rollout=%s" $mirror.rollout) (printf "--url=%s" $url) }}
{{- range $option := list "revision" "chart" "phase" "steady" }}
{{- with get $mirror $option }}{{ $arguments = append $arguments (printf "--%s=%s" $option (toString .)) }}{{ end }}
{{- end }}
{{- with $mirror.appVersion }}{{ $arguments = append $arguments (printf "--app-version=%s" .) }}{{ end }}
{{- range $subject, $image := $mirror.images }}{{ $arguments = append $arguments (printf "--image=%s=%s" $subject $image) }}{{ end }}
{{- range $subject, $digest := $mirror.digests }}{{ $arguments = append $arguments (printf "--digest=%s=%s" $subject $digest) }}{{ end }}
{{- with (include "caracal-gate.mirrorToken" . | fromJson).secretName }}
{{- $arguments = append $arguments (printf "--token-file=%s/token" (include "caracal-gate.secretsFolder" $)) }}
{{- end }}
{{- $ca := include "caracal-gate.mirrorCa" . | fromJson }}
{{- if or $ca.secretName $ca.configMapName }}
{{- $arguments = append $arguments (printf "--ca-file=%s/ca.crt" (include "caracal-gate.secretsFolder" .)) }}
{{- end }}
{{- toYaml $arguments }}
{{- end }}
