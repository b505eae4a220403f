{{- define "caracal-gate.name" -}}
{{- default .Chart.Name .Values.nameOverride | trunc 63 | trimSuffix "-" }}
{{- end }}

{{/*
The release's name where that says what it is, as caracal-gate does; else with the chart's behind it. At most 50
characters, so that what is appended to it stays within the 63 of a name.
*/}}
{{- define "caracal-gate.fullname" -}}
{{- if .Values.fullnameOverride }}
{{- .Values.fullnameOverride | trunc 50 | trimSuffix "-" }}
{{- else }}
{{- $name := include "caracal-gate.name" . }}
{{- if or (contains $name .Release.Name) (contains "caracal-gate" .Release.Name) }}
{{- .Release.Name | trunc 50 | trimSuffix "-" }}
{{- else }}
{{- printf "%s-%s" .Release.Name $name | trunc 50 | trimSuffix "-" }}
{{- end }}
{{- end }}
{{- end }}

{{- define "caracal-gate.selectorLabels" -}}
app.kubernetes.io/name: {{ include "caracal-gate.name" . }}
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end }}

{{- define "caracal-gate.labels" -}}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version | replace "+" "_" | trunc 63 | trimSuffix "-" }}
{{ include "caracal-gate.selectorLabels" . }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
{{- with .Values.commonLabels }}
{{ toYaml . }}
{{- end }}
{{- end }}

{{/* Pods of hooks, which neither the Service nor the Deployment may take for their own. */}}
{{- define "caracal-gate.hookLabels" -}}
{{- $root := index . 0 }}
{{- $labels := include "caracal-gate.labels" $root | fromYaml }}
{{- $_ := set $labels "app.kubernetes.io/name" (printf "%s-%s" (include "caracal-gate.name" $root) (index . 1) | trunc 63 | trimSuffix "-") }}
{{- toYaml $labels }}
{{- end }}

{{- define "caracal-gate.serviceAccountName" -}}
{{- if .Values.serviceAccount.create }}
{{- default (include "caracal-gate.fullname" .) .Values.serviceAccount.name }}
{{- else }}
{{- default "default" .Values.serviceAccount.name }}
{{- end }}
{{- end }}

{{/* Namespace of the watched release. */}}
{{- define "caracal-gate.releaseNamespace" -}}
{{- default .Release.Namespace .Values.release.namespace }}
{{- end }}

{{- define "caracal-gate.stateName" -}}
{{- default (printf "%s-state" (include "caracal-gate.fullname" .)) .Values.state.configMapName }}
{{- end }}

{{- define "caracal-gate.image" -}}
{{- if .Values.image.digest }}
{{- printf "%s@%s" .Values.image.repository .Values.image.digest }}
{{- else }}
{{- printf "%s:%s" .Values.image.repository (default .Chart.AppVersion .Values.image.tag) }}
{{- end }}
{{- end }}

{{- define "caracal-gate.scheme" -}}
{{- ternary "https" "http" (ne .Values.http.tls.secretName "") }}
{{- end }}

{{- define "caracal-gate.podSecurityContext" -}}
runAsNonRoot: true
runAsUser: 65532
runAsGroup: 65532
fsGroup: 65532
seccompProfile:
  type: RuntimeDefault
{{- end }}

{{- define "caracal-gate.containerSecurityContext" -}}
allowPrivilegeEscalation: false
readOnlyRootFilesystem: true
capabilities:
  drop: [ALL]
{{- end }}
