{{- define "caracal-gate.file" -}}
{{- printf "%s/%s" (include "caracal-gate.secretsFolder" .) . }}
{{- end }}

{{/* { file: path } as JSON when the reference names an object, else {}. Called with (list reference path). */}}
{{- define "caracal-gate.secretOf" -}}
{{- $reference := index . 0 }}
{{- if or $reference.secretName $reference.configMapName }}
{{- dict "file" (include "caracal-gate.file" (index . 1)) | toJson }}
{{- else }}{}{{ end }}
{{- end }}

{{/* caFile, certFile and keyFile as JSON. Called with (list tls prefix). */}}
{{- define "caracal-gate.tlsFiles" -}}
{{- $tls := index . 0 }}
{{- $prefix := index . 1 }}
{{- $files := dict }}
{{- if or $tls.ca.secretName $tls.ca.configMapName }}
{{- $_ := set $files "caFile" (include "caracal-gate.file" (printf "%s-ca.crt" $prefix)) }}
{{- end }}
{{- if $tls.clientCertificate.secretName }}
{{- $_ := set $files "certFile" (include "caracal-gate.file" (printf "%s-client.crt" $prefix)) }}
{{- $_ := set $files "keyFile" (include "caracal-gate.file" (printf "%s-client.key" $prefix)) }}
{{- end }}
{{- toJson $files }}
{{- end }}

{{- define "caracal-gate.redis" -}}
{{- $from := .Values.redis }}
{{- $redis := dict }}
{{- range $key := list "url" "username" "memoryLimit" }}
{{- with get $from $key }}{{ $_ := set $redis $key . }}{{ end }}
{{- end }}
{{- with include "caracal-gate.secretOf" (list $from.password "redis-password") | fromJson }}
{{- $_ := set $redis "password" . }}
{{- end }}
{{- if $from.sentinel.nodes }}
{{- $sentinel := dict "name" $from.sentinel.name "nodes" $from.sentinel.nodes }}
{{- with $from.sentinel.username }}{{ $_ := set $sentinel "username" . }}{{ end }}
{{- with include "caracal-gate.secretOf" (list $from.sentinel.password "sentinel-password") | fromJson }}
{{- $_ := set $sentinel "password" . }}
{{- end }}
{{- $_ := set $redis "sentinel" $sentinel }}
{{- end }}
{{- with $from.cluster.nodes }}{{ $_ := set $redis "cluster" (dict "nodes" .) }}{{ end }}
{{- $tls := include "caracal-gate.tlsFiles" (list $from.tls "redis") | fromJson }}
{{- with $from.tls.servername }}{{ $_ := set $tls "servername" . }}{{ end }}
{{- if $from.tls.enabled }}{{ $_ := set $tls "enabled" true }}{{ end }}
{{- with $tls }}{{ $_ := set $redis "tls" . }}{{ end }}
{{- toJson $redis }}
{{- end }}

{{- define "caracal-gate.postgres" -}}
{{- $from := .Values.postgres }}
{{- $tls := include "caracal-gate.tlsFiles" (list $from.tls "postgres") | fromJson }}
{{- $_ := set $tls "mode" (ternary "verify-full" "off" (eq (toString $from.tls.mode) "verify-full")) }}
{{- $postgres := dict "url" $from.url "tls" $tls }}
{{- with include "caracal-gate.secretOf" (list $from.password "postgres-password") | fromJson }}
{{- $_ := set $postgres "password" . }}
{{- end }}
{{- toJson $postgres }}
{{- end }}

{{- define "caracal-gate.http" -}}
{{- $http := dict "listen" ":9465" }}
{{- if .Values.http.tls.secretName }}
{{- $_ := set $http "tls" (dict "certFile" (include "caracal-gate.file" "server.crt") "keyFile" (include "caracal-gate.file" "server.key")) }}
{{- end }}
{{- $hosts := .Values.http.hosts }}
{{- if .Values.ingress.enabled }}
{{- /* A wildcard is no name by which it could be asked. */}}
{{- range .Values.ingress.hosts }}{{ if not (hasPrefix "*" .host) }}{{ $hosts = append $hosts .host }}{{ end }}{{ end }}
{{- end }}
{{- with uniq $hosts }}{{ $_ := set $http "hosts" . }}{{ end }}
{{- with .Values.http.externalUrl }}{{ $_ := set $http "externalUrl" . }}{{ end }}
{{- if .Values.http.page.acknowledge }}{{ $_ := set $http "page" (dict "acknowledge" true) }}{{ end }}
{{- $tokens := list }}
{{- range $index, $token := .Values.readTokens }}
{{- $tokens = append $tokens (dict "file" (include "caracal-gate.file" (printf "read-token-%d" $index))) }}
{{- end }}
{{- with $tokens }}{{ $_ := set $http "readTokens" . }}{{ end }}
{{- toJson $http }}
{{- end }}

{{/* The daemon's configuration: what the chart knows, over what `config` says of all else. */}}
{{- define "caracal-gate.config" -}}
{{- $config := deepCopy .Values.config }}
{{- $_ := set $config "release" (dict "name" .Values.release.name "namespace" (include "caracal-gate.releaseNamespace" .)) }}
{{- $kubernetes := dict "enabled" true "helmSecrets" .Values.kubernetes.helmSecrets.enabled }}
{{- if .Values.kubernetes.events.enabled }}
{{- $_ := set $kubernetes "events" (dict "deployment" (include "caracal-gate.fullname" .) "namespace" (include "caracal-gate.namespace" .)) }}
{{- end }}
{{- $_ := set $config "kubernetes" $kubernetes }}
{{- with include "caracal-gate.secretOf" (list .Values.metricsBearer "metrics-bearer") | fromJson }}
{{- $_ := set $config "metricsBearer" . }}
{{- end }}
{{- with include "caracal-gate.secretOf" (list .Values.servicesCa "services-ca.crt") | fromJson }}
{{- $_ := set $config "tls" (dict "caFile" .file) }}
{{- end }}
{{- $_ := set $config "redis" (include "caracal-gate.redis" . | fromJson) }}
{{- $_ := set $config "postgres" (include "caracal-gate.postgres" . | fromJson) }}
{{- $_ := set $config "http" (include "caracal-gate.http" . | fromJson) }}
{{- with include "caracal-gate.secretOf" (list .Values.exports.signingKey "signing.key") | fromJson }}
{{- $_ := set $config "exports" (dict "signingKeyFile" .file) }}
{{- end }}
{{- $tokens := list }}
{{- range .Values.tokens }}
{{- $tokens = append $tokens (dict "name" .name "scopes" .scopes "token" (dict "file" (include "caracal-gate.file" (printf "token-%s" .name)))) }}
{{- end }}
{{- with $tokens }}{{ $_ := set $config "tokens" . }}{{ end }}
{{- $_ := set $config "state" (dict "configMap" (include "caracal-gate.stateName" .) "namespace" (include "caracal-gate.namespace" .)) }}
{{- with .Values.recording }}
{{- if .enabled }}
{{- $_ := set $config "recording" (dict "directory" "/var/lib/caracal-gate/recordings" "maxBytes" (printf "%dMiB" (int .sizeMiB)) "maxAge" .maxAge) }}
{{- end }}
{{- end }}
{{- toYaml $config }}
{{- end }}

{{/* Values that are right alone and wrong together. */}}
{{- define "caracal-gate.validate" -}}
{{- $places := list }}
{{- with .Values.redis.url }}{{ $places = append $places "redis.url" }}{{ end }}
{{- with .Values.redis.sentinel.nodes }}{{ $places = append $places "redis.sentinel.nodes" }}{{ end }}
{{- with .Values.redis.cluster.nodes }}{{ $places = append $places "redis.cluster.nodes" }}{{ end }}
{{- if ne (len $places) 1 }}
{{- fail (printf "exactly one of redis.url, redis.sentinel.nodes and redis.cluster.nodes is needed; there is %s" (default "none" (join " and " $places))) }}
{{- end }}
{{- if and .Values.grants.redis.enabled (not .Values.redis.url) }}
{{- fail "grants.redis.enabled needs redis.url: with Sentinel or Cluster run files/redis-acl.txt on every server" }}
{{- end }}
{{- if and .Values.grants.redis.enabled (or (not .Values.redis.username) (not .Values.redis.password.secretName)) }}
{{- fail "grants.redis.enabled needs redis.username and redis.password.secretName: the user that it makes" }}
{{- end }}
{{- if and .Values.grants.postgres.enabled (or (not .Values.postgres.password.secretName) (not .Values.grants.postgres.adminPassword.secretName)) }}
{{- fail "grants.postgres.enabled needs postgres.password.secretName and grants.postgres.adminPassword.secretName" }}
{{- end }}
{{- if and .Values.grants.postgres.enabled (contains "%" .Values.postgres.url) }}
{{- fail "grants.postgres.enabled needs a postgres.url without %: what is encoded in it would become the name of the role; run files/grants.sql by hand" }}
{{- end }}
{{- $names := list }}
{{- range .Values.tokens }}
{{- if has .name $names }}{{ fail (printf "two tokens are called %s" .name) }}{{ end }}
{{- $names = append $names .name }}
{{- end }}
{{- end }}
