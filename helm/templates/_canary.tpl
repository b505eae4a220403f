{{/* The canary's settings: addresses of the watched release, and what the values say. Gives YAML. */}}
{{- define "caracal-gate.canarySettings" -}}
{{- $namespace := include "caracal-gate.releaseNamespace" . }}
{{- $folder := include "caracal-gate.secretsFolder" . }}
{{- $platform := printf "%s-%s" .Values.release.name .Values.release.appName }}
{{- $settings := dict "clientSecretFile" (printf "%s/client-secret" $folder) "readerTokenFile" (printf "%s/reader-token" $folder) }}
{{- $_ := set $settings "sts" (printf "http://%s-sts.%s.svc:8080" (include "caracal-gate.fullname" .) $namespace) }}
{{- $_ := set $settings "gateway" (printf "http://%s-gateway.%s.svc:8081" (include "caracal-gate.fullname" .) $namespace) }}
{{- $_ := set $settings "coordinator" (printf "http://%s-coordinator.%s.svc:4000" $platform $namespace) }}
{{- $_ := set $settings "api" (printf "http://%s-api.%s.svc:3000" $platform $namespace) }}
{{- range $key, $value := .Values.canary.settings }}
{{- if $value }}{{ $_ := set $settings $key $value }}{{ end }}
{{- end }}
{{- toYaml $settings }}
{{- end }}

{{/* The spec of a pod that runs the canary once, for its CronJob and for `helm test`. */}}
{{- define "caracal-gate.canaryPod" -}}
{{- $canary := .Values.canary }}
{{- $folder := include "caracal-gate.secretsFolder" . }}
{{- $tls := .Values.http.tls }}
{{- $hasCa := and $canary.evidenceToken.secretName $tls.secretName $tls.caKey }}
restartPolicy: Never
automountServiceAccountToken: false
enableServiceLinks: false
securityContext:
  {{- include "caracal-gate.podSecurityContext" . | nindent 2 }}
{{- with include "caracal-gate.imagePullSecrets" . }}
{{ trim . }}
{{- end }}
{{- with include "caracal-gate.jobSurroundings" . }}
{{ trim . }}
{{- end }}
containers:
  - name: canary
    image: {{ include "caracal-gate.image" . }}
    imagePullPolicy: {{ .Values.image.pullPolicy }}
    args:
      - canary
      - --config={{ $folder }}/canary.yaml
      {{- if $canary.evidenceToken.secretName }}
      - --push
      - --valid-for={{ $canary.validFor }}
      - --actor=canary
      - --url={{ include "caracal-gate.scheme" . }}://{{ include "caracal-gate.fullname" . }}.{{ include "caracal-gate.namespace" . }}.svc:{{ .Values.service.port }}
      - --token-file={{ $folder }}/evidence-token
      {{- end }}
      {{- if $hasCa }}
      - --ca-file={{ $folder }}/ca.crt
      {{- end }}
    resources:
      requests: { cpu: 10m, memory: 64Mi }
      limits: { memory: 128Mi }
    securityContext:
      {{- include "caracal-gate.containerSecurityContext" . | nindent 6 }}
    volumeMounts:
      - name: settings
        mountPath: {{ $folder }}
        readOnly: true
volumes:
  - name: settings
    projected:
      defaultMode: 0440
      sources:
        - configMap:
            name: {{ include "caracal-gate.fullname" . }}-canary
            items:
              - key: canary.yaml
                path: canary.yaml
        {{- include "caracal-gate.projectedKey" (list $canary.clientSecret "client-secret") | trim | nindent 8 }}
        {{- include "caracal-gate.projectedKey" (list $canary.readerToken "reader-token") | trim | nindent 8 }}
        {{- with include "caracal-gate.projectedKey" (list $canary.evidenceToken "evidence-token") }}
        {{- trim . | nindent 8 }}
        {{- end }}
        {{- if $hasCa }}
        - secret:
            name: {{ $tls.secretName }}
            items:
              - key: {{ $tls.caKey }}
                path: ca.crt
        {{- end }}
{{- end }}
