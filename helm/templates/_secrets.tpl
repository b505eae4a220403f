{{/* Where secrets and certificates are mounted. */}}
{{- define "caracal-gate.secretsFolder" -}}
/var/run/caracal-gate
{{- end }}

{{/*
A source of the projected volume: one key of a Secret or a ConfigMap, under the name that the configuration knows.
Called with (list reference path); gives nothing when the reference names no object.
*/}}
{{- define "caracal-gate.projectedKey" -}}
{{- $reference := index . 0 }}
{{- with $reference.secretName }}
- secret:
    name: {{ . }}
    items:
      - key: {{ $reference.key }}
        path: {{ index $ 1 }}
{{- else }}
{{- with $reference.configMapName }}
- configMap:
    name: {{ . }}
    items:
      - key: {{ $reference.key }}
        path: {{ index $ 1 }}
{{- end }}
{{- end }}
{{- end }}

{{/* The same for the pair of a kubernetes.io/tls Secret. */}}
{{- define "caracal-gate.projectedPair" -}}
{{- with index . 0 }}
- secret:
    name: {{ . }}
    items:
      - key: tls.crt
        path: {{ index $ 1 }}.crt
      - key: tls.key
        path: {{ index $ 1 }}.key
{{- end }}
{{- end }}

{{/* Every secret and certificate of the configuration. They are whole keys of named objects, and nothing else. */}}
{{- define "caracal-gate.projectedSources" -}}
{{- include "caracal-gate.projectedKey" (list .Values.metricsBearer "metrics-bearer") }}
{{- include "caracal-gate.projectedKey" (list .Values.servicesCa "services-ca.crt") }}
{{- include "caracal-gate.projectedKey" (list .Values.redis.password "redis-password") }}
{{- include "caracal-gate.projectedKey" (list .Values.redis.sentinel.password "sentinel-password") }}
{{- include "caracal-gate.projectedKey" (list .Values.redis.tls.ca "redis-ca.crt") }}
{{- include "caracal-gate.projectedPair" (list .Values.redis.tls.clientCertificate.secretName "redis-client") }}
{{- include "caracal-gate.projectedKey" (list .Values.postgres.password "postgres-password") }}
{{- include "caracal-gate.projectedKey" (list .Values.postgres.tls.ca "postgres-ca.crt") }}
{{- include "caracal-gate.projectedPair" (list .Values.postgres.tls.clientCertificate.secretName "postgres-client") }}
{{- include "caracal-gate.projectedPair" (list .Values.http.tls.secretName "server") }}
{{- include "caracal-gate.projectedKey" (list .Values.exports.signingKey "signing.key") }}
{{- range .Values.tokens }}
{{- include "caracal-gate.projectedKey" (list . (printf "token-%s" .name)) }}
{{- end }}
{{- range $index, $token := .Values.readTokens }}
{{- include "caracal-gate.projectedKey" (list $token (printf "read-token-%d" $index)) }}
{{- end }}
{{- end }}
