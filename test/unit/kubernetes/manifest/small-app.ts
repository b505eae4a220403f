import { documents } from '../../../../src/kubernetes/manifest/documents.ts'
import type { PlainObject } from '../../../../src/kubernetes/manifest/objects.ts'

const text = `
apiVersion: apps/v1
kind: StatefulSet
metadata:
  name: small-app
  labels: {app.kubernetes.io/component: app, tier: "1"}
  annotations:
spec:
  replicas: 2
  serviceName: small-app
  selector: {matchLabels: {app: small}}
  template:
    metadata:
      labels: {app: small}
      annotations: {checksum/config: 1f3a, note: hello}
    spec:
      serviceAccountName: small
      terminationGracePeriodSeconds: 30
      hostNetwork: false
      priorityClassName: ""
      nodeSelector: {disk: fast}
      imagePullSecrets: [{name: registry}]
      securityContext: {}
      initContainers:
      - name: prepare
        image: registry.example/prepare:1
        args: [--once]
      containers:
      - name: app
        image: registry.example/team/app:1.2.3
        imagePullPolicy: ""
        command: [/bin/app]
        ports:
        - {name: http, containerPort: 8080}
        - {name: dns, containerPort: 8080, protocol: UDP}
        env:
        - {name: LOG_LEVEL, value: info}
        - {name: PORT, value: "8080"}
        - {name: EMPTY, value: ""}
        - {name: API_TOKEN, value: hunter2}
        - {name: UPSTREAM, value: "https://user:hunter2@example.org"}
        - {name: DATABASE_URL, valueFrom: {secretKeyRef: {name: runtime, key: databaseUrl}}}
        - {name: NODE, valueFrom: {fieldRef: {fieldPath: spec.nodeName}}}
        - {name: CPUS, valueFrom: {resourceFieldRef: {resource: limits.cpu}}}
        envFrom:
        - configMapRef: {name: settings}
        readinessProbe:
          httpGet: {path: /ready, port: http, httpHeaders: [{name: Authorization, value: hunter2}]}
          timeoutSeconds: 0
        resources:
          requests: {cpu: 0.25, memory: 256Mi}
          limits: {cpu: 1000m, memory: 1Gi}
        securityContext: {readOnlyRootFilesystem: true, capabilities: {drop: [ALL]}}
        volumeMounts:
        - {name: data, mountPath: /data, readOnly: false}
        - {name: secrets, mountPath: /run/secrets, readOnly: true}
      volumes:
      - name: secrets
        secret: {secretName: runtime, defaultMode: 0400, items: [{key: databaseUrl, path: url}]}
      - name: scratch
        emptyDir: {sizeLimit: 1Gi}
      - name: plain
        emptyDir: {}
      - name: nothing
      tolerations:
      - {key: a, operator: Exists, effect: NoSchedule}
  volumeClaimTemplates:
  - metadata: {name: data, creationTimestamp: null}
    spec:
      accessModes: [ReadWriteOnce]
      resources: {requests: {storage: 1Gi}}
---
apiVersion: v1
kind: Service
metadata: {name: small-app}
spec:
  type: ClusterIP
  clusterIP: ""
  selector: {app: small}
  ports:
  - {name: http, port: 80, targetPort: http}
  - {name: dns, port: 80, targetPort: 8080, protocol: UDP}
`

const [app = {}, service = {}] = documents(text)

/** A StatefulSet with everything that is compared in its own way. */
export const manifestOfApp: PlainObject = app
export const manifestOfService: PlainObject = service

type Tree = Record<string, unknown>
const trees = (value: unknown) => (Array.isArray(value) ? (value as Tree[]) : [])

/** What the API server makes of an object: fields that are empty dropped, defaults and an identity added. */
export function asServed(manifest: PlainObject): PlainObject {
  const live = withoutNothing(structuredClone(manifest)) as Tree
  const spec = live['spec'] as Tree
  Object.assign(live['metadata'] as Tree, {
    uid: '8d1c',
    resourceVersion: '17',
    generation: 1,
    creationTimestamp: '2026-05-27T10:00:00Z',
    annotations: { 'meta.helm.sh/release-name': 'small' },
  })
  if (live['kind'] === 'Service')
    Object.assign(spec, { clusterIP: '10.0.0.7', clusterIPs: ['10.0.0.7'], sessionAffinity: 'None' })
  else serveWorkload(spec)
  if (live['kind'] === 'Service') for (const port of trees(spec['ports'])) port['protocol'] ??= 'TCP'
  return { ...live, status: {} }
}

function serveWorkload(spec: Tree): void {
  Object.assign(spec, { revisionHistoryLimit: 10, podManagementPolicy: 'OrderedReady' })
  const pod = ((spec['template'] as Tree)['spec'] ?? {}) as Tree
  Object.assign(pod, {
    dnsPolicy: 'ClusterFirst',
    restartPolicy: 'Always',
    schedulerName: 'default-scheduler',
    securityContext: {},
    serviceAccount: pod['serviceAccountName'],
  })
  for (const container of [...trees(pod['initContainers']), ...trees(pod['containers'])])
    serveContainer(container)
  for (const volume of trees(pod['volumes'])) if (Object.keys(volume).length === 1) volume['emptyDir'] = {}
  for (const claim of trees(spec['volumeClaimTemplates'])) {
    Object.assign(claim, { apiVersion: 'v1', kind: 'PersistentVolumeClaim', status: { phase: 'Pending' } })
    Object.assign(claim['spec'] as Tree, { volumeMode: 'Filesystem' })
  }
}

function serveContainer(container: Tree): void {
  container['imagePullPolicy'] ??= 'IfNotPresent'
  container['terminationMessagePath'] = '/dev/termination-log'
  container['resources'] = canonicalAmounts(container['resources'] ?? {})
  for (const port of trees(container['ports'])) port['protocol'] ??= 'TCP'
  const probe = container['readinessProbe'] as Tree | undefined
  if (probe !== undefined) Object.assign(probe, { timeoutSeconds: 1, periodSeconds: 10, successThreshold: 1 })
  for (const variable of trees(container['env'])) {
    const source = variable['valueFrom'] as Tree | undefined
    if (source?.['fieldRef'] !== undefined) Object.assign(source['fieldRef'] as Tree, { apiVersion: 'v1' })
    if (source?.['resourceFieldRef'] !== undefined)
      Object.assign(source['resourceFieldRef'] as Tree, { divisor: '0' })
  }
}

const canonical: Readonly<Record<string, string>> = { '0.25': '250m', '1000m': '1', '1024Mi': '1Gi' }

function canonicalAmounts(value: unknown): unknown {
  if (typeof value === 'string' || typeof value === 'number') return canonical[String(value)] ?? String(value)
  const fields = Object.entries(value as Tree).map(([name, inner]) => [name, canonicalAmounts(inner)])
  return Object.fromEntries(fields) as unknown
}

function withoutNothing(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutNothing)
  if (typeof value !== 'object' || value === null) return value
  const kept = Object.entries(value as Tree).filter(
    ([, inner]) => inner !== null && inner !== '' && inner !== false && inner !== 0,
  )
  return Object.fromEntries(kept.map(([name, inner]) => [name, withoutNothing(inner)])) as unknown
}
