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

{{/* Labels of every object. Those of the chart stand, whatever commonLabels say. Gives YAML. */}}
{{- define "caracal-gate.labels" -}}
{{- $own := include "caracal-gate.podTemplateLabels" . | fromYaml }}
{{- $_ := set $own "helm.sh/chart" (printf "%s-%s" .Chart.Name .Chart.Version | replace "+" "_" | trunc 63 | trimSuffix "-") }}
{{- $_ := set $own "app.kubernetes.io/version" (.Chart.AppVersion | toString) }}
{{- toYaml $own }}
{{- end }}

{{/* The same without versions, which would restart pods whose image and configuration stay what they are. */}}
{{- define "caracal-gate.podTemplateLabels" -}}
{{- $own := include "caracal-gate.selectorLabels" . | fromYaml }}
{{- $_ := set $own "app.kubernetes.io/managed-by" .Release.Service }}
{{- toYaml (merge $own (deepCopy .Values.commonLabels)) }}
{{- end }}

{{/* Labels of an object beside more of its own. Called with (list root more). */}}
{{- define "caracal-gate.labelsAnd" -}}
{{- toYaml (merge (include "caracal-gate.labels" (index . 0) | fromYaml) (deepCopy (index . 1))) }}
{{- end }}

{{/* The field `annotations`, or nothing where there are none. Called with (list root more); more outweighs. */}}
{{- define "caracal-gate.annotations" -}}
{{- with merge (deepCopy (index . 1)) (deepCopy (index . 0).Values.commonAnnotations) }}
annotations:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- end }}

{{/* Of objects and pods of hooks, which neither the Service nor the Deployment may take for their own. */}}
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

{{/* Namespace of the chart's own objects. */}}
{{- define "caracal-gate.namespace" -}}
{{- default .Release.Namespace .Values.namespaceOverride }}
{{- end }}

{{/* Namespace of the watched release. */}}
{{- define "caracal-gate.releaseNamespace" -}}
{{- default (include "caracal-gate.namespace" .) .Values.release.namespace }}
{{- end }}

{{- define "caracal-gate.stateName" -}}
{{- default (printf "%s-state" (include "caracal-gate.fullname" .)) .Values.state.configMapName }}
{{- end }}

{{- define "caracal-gate.scheme" -}}
{{- ternary "https" "http" (ne .Values.http.tls.secretName "") }}
{{- end }}

{{/*
A value in which templates may stand, as YAML: a text, or anything else. Called with (list root value).
*/}}
{{- define "caracal-gate.templated" -}}
{{- $value := index . 1 }}
{{- tpl (kindIs "string" $value | ternary $value (toYaml $value)) (index . 0) }}
{{- end }}
