{{- define "onedrive-webdav.fullname" -}}
{{- if .Values.fullnameOverride -}}
{{- .Values.fullnameOverride | trunc 63 | trimSuffix "-" -}}
{{- else -}}
{{- $name := default .Chart.Name .Values.nameOverride -}}
{{- ternary .Release.Name (printf "%s-%s" .Release.Name $name) (contains $name .Release.Name) | trunc 63 | trimSuffix "-" -}}
{{- end -}}
{{- end -}}

{{- define "onedrive-webdav.selector" -}}
app.kubernetes.io/name: {{ default .Chart.Name .Values.nameOverride | trunc 63 | trimSuffix "-" }}
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end -}}

{{- define "onedrive-webdav.labels" -}}
{{ include "onedrive-webdav.selector" . }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version | replace "+" "_" }}
{{- end -}}

{{- define "onedrive-webdav.serviceAccount" -}}
{{- if .Values.serviceAccount.create -}}
{{- default (include "onedrive-webdav.fullname" .) .Values.serviceAccount.name -}}
{{- else -}}
{{- default "default" .Values.serviceAccount.name -}}
{{- end -}}
{{- end -}}

{{- define "onedrive-webdav.secret" -}}
{{- .Values.secret.existing | default (ternary (include "onedrive-webdav.fullname" .) "" (gt (len .Values.secret.files) 0)) -}}
{{- end -}}

{{- define "onedrive-webdav.config" -}}
{{- $listen := merge (dict "host" "0.0.0.0" "port" 8080) (default dict .Values.config.listen) -}}
{{- $own := dict "dataDir" "/data" "listen" $listen -}}
{{- if gt (int .Values.replicas) 1 -}}
{{- /* A pod that leaves serves on until nobody sends it requests any more. */ -}}
{{- $_ := set $own "limits" (merge (dict) (default dict .Values.config.limits) (dict "shutdownDelaySeconds" 10)) -}}
{{- end -}}
{{- toYaml (merge $own .Values.config) -}}
{{- end -}}
