{{/* Pods of the services, without those of the migration Jobs, which are not probed. */}}
{{- define "caracal-gate.platformPods" -}}
matchLabels:
  app.kubernetes.io/name: {{ .Values.release.appName }}
  app.kubernetes.io/instance: {{ .Values.release.name }}
matchExpressions:
  - key: app.kubernetes.io/component
    operator: In
    values: [api, sts, gateway, audit, coordinator, web]
{{- end }}

{{/*
Refuses to be the first policy on the platform's pods: it would close them to all but the exporter. Without a cluster to
ask, as under `helm template`, the answer is unknown.
*/}}
{{- define "caracal-gate.platformIsClosed" -}}
{{- $namespace := include "caracal-gate.releaseNamespace" . }}
{{- if lookup "v1" "Namespace" "" $namespace }}
{{- $closed := false }}
{{- range (lookup "networking.k8s.io/v1" "NetworkPolicy" $namespace "").items }}
{{- if and (ne .metadata.name (printf "%s-looks" (include "caracal-gate.fullname" $))) (has "Ingress" (default (list "Ingress") .spec.policyTypes)) }}
{{- $closed = true }}
{{- end }}
{{- end }}
{{- if not $closed }}
{{- fail (printf "networkPolicy.platform.enabled: no NetworkPolicy of namespace %s restricts who may reach its pods, so they are open already, and this one would close them to everybody but the exporter. Leave it off, or install the platform with networkPolicy.enabled=true first." $namespace) }}
{{- end }}
{{- end }}
{{- end }}
