{{/* The exporter's image. */}}
{{- define "caracal-gate.image" -}}
{{- $registry := default .Values.image.registry .Values.global.imageRegistry }}
{{- $name := ternary .Values.image.repository (printf "%s/%s" $registry .Values.image.repository) (empty $registry) }}
{{- if .Values.image.digest }}
{{- printf "%s@%s" $name .Values.image.digest }}
{{- else }}
{{- printf "%s:%s" $name (default .Chart.AppVersion .Values.image.tag) }}
{{- end }}
{{- end }}

{{/* Another image, from global.imageRegistry unless it names a registry. Called with (list root image). */}}
{{- define "caracal-gate.otherImage" -}}
{{- $registry := (index . 0).Values.global.imageRegistry }}
{{- $image := index . 1 }}
{{- $first := first (splitList "/" $image) }}
{{- $names := and (contains "/" $image) (or (contains "." $first) (contains ":" $first) (eq $first "localhost")) }}
{{- if or $names (empty $registry) }}{{ $image }}{{ else }}{{ printf "%s/%s" $registry $image }}{{ end }}
{{- end }}

{{/* The field `imagePullSecrets`, or nothing. A global one may be a bare name, as other charts take it. */}}
{{- define "caracal-gate.imagePullSecrets" -}}
{{- $secrets := list }}
{{- range concat (default list .Values.global.imagePullSecrets) .Values.imagePullSecrets }}
{{- if kindIs "string" . }}{{ $secrets = append $secrets (dict "name" .) }}{{ else }}{{ $secrets = append $secrets . }}{{ end }}
{{- end }}
{{- with uniq $secrets }}
imagePullSecrets:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- end }}

{{/* A security context without what OpenShift wants to assign, where it does. Called with (list root context). */}}
{{- define "caracal-gate.adapted" -}}
{{- $root := index . 0 }}
{{- $context := index . 1 }}
{{- $adapt := "auto" }}
{{- with $root.Values.global.compatibility }}{{ with .openshift }}{{ $adapt = default "auto" .adaptSecurityContext }}{{ end }}{{ end }}
{{- if or (eq $adapt "force") (and (eq $adapt "auto") ($root.Capabilities.APIVersions.Has "security.openshift.io/v1")) }}
{{- $context = omit $context "runAsUser" "runAsGroup" "fsGroup" }}
{{- end }}
{{- toYaml $context }}
{{- end }}

{{- define "caracal-gate.podSecurityContext" -}}
{{- include "caracal-gate.adapted" (list . (default dict .Values.podSecurityContext)) }}
{{- end }}

{{/*
Of a Job whose image has a user of its own, to whose group its files belong. Called with (list root user); without a
user, the image's.
*/}}
{{- define "caracal-gate.jobSecurityContext" -}}
{{- $root := index . 0 }}
{{- $context := omit (default dict $root.Values.podSecurityContext) "runAsUser" "runAsGroup" "fsGroup" }}
{{- with index . 1 }}{{ $context = merge (dict "runAsUser" (int64 .) "fsGroup" (int64 .)) $context }}{{ end }}
{{- include "caracal-gate.adapted" (list $root $context) }}
{{- end }}

{{- define "caracal-gate.containerSecurityContext" -}}
{{- include "caracal-gate.adapted" (list . (default dict .Values.containerSecurityContext)) }}
{{- end }}

{{/* Where pods go and how they look up names: fields of every pod of the chart, or nothing. */}}
{{- define "caracal-gate.surroundings" -}}
{{- $fields := dict }}
{{- range $field := list "nodeSelector" "tolerations" "dnsPolicy" "dnsConfig" "hostAliases" }}
{{- with get $.Values $field }}{{ $_ := set $fields $field . }}{{ end }}
{{- end }}
{{- with $fields }}
{{- toYaml . }}
{{- end }}
{{- end }}

{{/* The same for a pod that is not the exporter's, which has no affinity but a given one. */}}
{{- define "caracal-gate.jobSurroundings" -}}
{{- include "caracal-gate.surroundings" . }}
{{- with .Values.affinity }}
affinity:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- end }}

{{/*
One probe of the container: what the values say, with a question of ours where they name no other way. Called with
(list root probe path).
*/}}
{{- define "caracal-gate.probe" -}}
{{- $probe := deepCopy (index . 1) }}
{{- if not (or $probe.exec $probe.tcpSocket $probe.grpc) }}
{{- $own := dict "path" (index . 2) "port" "http" "scheme" (include "caracal-gate.scheme" (index . 0) | upper) }}
{{- $_ := set $probe "httpGet" (merge (default dict $probe.httpGet) $own) }}
{{- end }}
{{- toYaml $probe }}
{{- end }}
