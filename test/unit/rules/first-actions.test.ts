import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { nextStepFor } from '../../../src/core/advice.ts'
import { components } from '../../../src/core/replica.ts'
import { defaultLimits } from '../../../src/rules/limits.ts'
import type { Addresses, Options } from '../../../src/rules/options.ts'
import { platformStreams } from '../../../src/rules/platform.ts'
import { commandFor, culpritsWith, everyCommand, firstActions } from '../../support/first-actions.ts'

const addresses: Addresses = {
  redis: { host: 'redis', port: 6380, database: 0, isCluster: false, hasPassword: false },
  postgres: { host: 'db', port: 5433, user: 'gate', database: 'caracal', tls: false },
  replicas: [
    { component: 'sts', name: 'sts-1', url: 'http://sts-1:8080' },
    { component: 'sts', name: 'sts-2', url: 'http://sts-2:8080' },
    { component: 'gateway', name: 'edge', url: 'http://[fd00::1]:8081' },
  ],
  ownAuthority: false,
}

function installation(changes: Partial<Options> = {}): Options {
  return {
    limits: defaultLimits,
    streams: platformStreams,
    components,
    kubernetes: 'on',
    helmSecrets: true,
    release: { name: 'blue', namespace: 'identity' },
    addresses: { ...addresses, replicas: [] },
    ...changes,
  }
}

const cluster = installation()
const plain = installation({ kubernetes: 'off', helmSecrets: false, addresses })
const pods = [
  'sts/blue-caracal-sts-0',
  'gateway/blue-caracal-gateway-0',
  'audit/blue-caracal-audit-5d4f-x2x4z',
]

const ready = String.raw`curl -sS -m 5 -w ' %{http_code} %{url_effective}\n'`
const redis = 'redis-cli -h redis -p 6380'
const selected = 'app.kubernetes.io/instance=blue,app.kubernetes.io/component'

describe('X43: a first action names what is asked, in a cluster', () => {
  it.each([
    ['sts-unready', pods[0], 'kubectl -n identity logs blue-caracal-sts-0 -c sts --since=5m'],
    [
      'sts-unready',
      undefined,
      `kubectl -n identity logs -l ${selected}=sts -c sts --prefix --since=5m --tail=100`,
    ],
    ['sts-unready', 'sts/3 replicas', `kubectl -n identity describe pods -l ${selected}=sts`],
    ['ready-sts', 'sts', `kubectl -n identity describe pods -l ${selected}=sts`],
    [
      'replay-backlog-aging',
      undefined,
      `kubectl -n identity logs -l '${selected} in (sts,gateway)' --all-containers --prefix --since=15m --tail=100`,
    ],
    ['workload-rollout', 'api', `kubectl -n identity describe pods -l ${selected}=api`],
    [
      'sts-circuit-open',
      pods[1],
      `kubectl -n identity logs -l ${selected}=sts -c sts --prefix --since=5m --tail=100`,
    ],
    ['secret-references', 'caracal-runtime', 'kubectl -n identity describe secret caracal-runtime'],
    ['migration-job-failed', 'migrate/3d0c', `kubectl -n identity describe jobs -l ${selected}=migrate`],
    [
      'migration-jobs',
      'new pods',
      'kubectl -n identity get jobs,pods -l app.kubernetes.io/instance=blue -o wide',
    ],
    ['release-deployed', 'release', 'helm -n identity history blue --max 3'],
    ['arrival', 'sts/sidecar', `kubectl -n identity describe pods -l ${selected}=sts`],
    ['arrival', 'chart', 'helm -n identity history blue --max 3'],
  ])('%s of %s', (id, culprit, command) => {
    expect(commandFor(cluster, id, culprit)).toBe(command)
  })
})

describe('X43: a first action names what is asked, without a cluster', () => {
  it.each([
    ['sts-unready', 'sts/sts-2', `${ready} http://sts-2:8080/ready`],
    ['ready-sts', undefined, `${ready} http://sts-1:8080/ready http://sts-2:8080/ready`],
    ['revocation-snapshots', 'gateway/edge', `${ready} 'http://[fd00::1]:8081/ready'`],
    ['audit-dlq-growing', 'caracal.audit.events.dlq', `${redis} XINFO STREAM caracal.audit.events.dlq`],
    [
      'stream-backlog',
      'caracal.keys.invalidate/sts-keys/pending',
      `${redis} XINFO STREAM caracal.keys.invalidate FULL COUNT 1`,
    ],
    ['revocation-propagation', undefined, `${redis} XINFO STREAM caracal.sessions.revoke FULL COUNT 1`],
    [
      'audit-evidence-lost',
      'caracal.audit.events/audit-ingestor',
      `${redis} XINFO STREAM caracal.audit.events FULL COUNT 1`,
    ],
    ['redis-configuration', 'eviction', `${redis} INFO memory`],
    ['redis-unavailable', undefined, `${redis} INFO server`],
  ])('%s of %s', (id, culprit, command) => {
    expect(commandFor(plain, id, culprit)).toBe(command)
  })

  it('asks the outbox that is blamed, and both where none is', () => {
    for (const id of ['outbox-dead-messages', 'outbox-dead-rows', 'outbox-dispatch']) {
      const from = (culprit?: string) => commandFor(plain, id, culprit).match(/FROM \w+/g)
      expect(from('api/dead')).toEqual(['FROM event_outbox'])
      expect(from('coordinator/dead')).toEqual(['FROM caracal_outbox'])
      expect(from()).toEqual(['FROM event_outbox', 'FROM caracal_outbox'])
    }
  })

  it('advises neither kubectl nor helm', () => {
    for (const kubernetes of ['off', 'absent'] as const) {
      const items = [...firstActions({ ...plain, kubernetes })].filter(
        ([id]) => id !== 'kubernetes-unavailable',
      )
      const steps = items.flatMap(([, nextStep]) =>
        culpritsWith([...pods, 'sts/sts-1']).map((culprit) => nextStepFor({ nextStep }, culprit)),
      )
      expect(steps.filter((command) => /kubectl|helm /.test(command))).toEqual([])
    }
  })
})

describe('X43: a first action asks a store as the exporter does', () => {
  function asking(changes: Partial<Addresses>): (id: string) => string {
    return (id) => commandFor({ ...plain, addresses: { ...addresses, ...changes } }, id)
  }
  const server = addresses.redis

  it('lets the programs ask for passwords, and the shell for files that only the person has', () => {
    const tls = { servername: 'redis.example', ownAuthority: true, ownCertificate: true }
    const login = { user: 'gate', hasPassword: true, tls }
    expect(asking({ redis: { ...server, ...login, database: 2 } })('redis-memory-pressure')).toBe(
      'redis-cli -h redis -p 6380 --user gate --askpass --tls --sni redis.example' +
        ' --cacert "${REDIS_CA:?file of redis.tls.caFile}" --cert "${REDIS_CERT:?file of redis.tls.certFile}"' +
        ' --key "${REDIS_KEY:?file of redis.tls.keyFile}" -n 2 INFO memory',
    )
    expect(asking({ postgres: { ...addresses.postgres, tls: true } })('migrations-applied')).toBe(
      `psql 'postgres://gate@db:5433/caracal?connect_timeout=5&sslmode=require' -c "SELECT version, applied_at FROM schema_migrations ORDER BY version"`,
    )
  })

  it('follows a cluster of Redis, and asks sentinels for the primary', () => {
    expect(asking({ redis: { ...server, isCluster: true } })('redis-unavailable')).toBe(
      'redis-cli -h redis -p 6380 -c INFO server',
    )
    const sentinel = { primary: 'caracal', hasPassword: true }
    expect(
      asking({ redis: { ...server, user: 'gate', hasPassword: true, sentinel } })('redis-unavailable'),
    ).toBe(
      '(set -- $(REDISCLI_AUTH="${SENTINEL_AUTH:?password of the sentinels}" redis-cli -h redis -p 6380' +
        ' SENTINEL GET-MASTER-ADDR-BY-NAME caracal); redis-cli -h "${1:?no sentinel answers}" -p "$2"' +
        ' --user gate --askpass INFO server)',
    )
  })

  it('has the shell ask where they are, where that is not known, as in the rules of alerts', () => {
    const { addresses: _, ...unknown } = plain
    expect(commandFor(unknown, 'redis-unavailable')).toBe(
      'redis-cli -h "${REDIS_HOST:?host of Redis}" INFO server',
    )
    expect(commandFor(unknown, 'postgres-unavailable')).toBe(
      'psql "${DATABASE_URL:?postgres://USER@HOST:5432/DATABASE}" -c "SELECT now(), pg_is_in_recovery()"',
    )
  })

  it('tells our own command line where the exporter is', () => {
    const push = asking({ externalUrl: 'https://ops.example/gate' })
    expect(push('helm-render')).toBe(
      'caracal-gate evidence render --chart "${CHART:?folder of the chart}" --values "${VALUES:?values file}"' +
        ' --release blue --namespace identity --url https://ops.example/gate',
    )
    expect(push('schema-compatibility')).toMatch(/^caracal-gate evidence rollback-plan .* --url https:/)
  })

  it('quotes what its configuration holds', () => {
    const postgres = { host: '::1', port: 5432, user: "o'neil", database: 'a=b c', tls: false }
    expect(asking({ postgres })('postgres-unavailable')).toContain(
      String.raw`psql 'postgres://o'\''neil@[::1]:5432/a%3Db%20c?connect_timeout=5' -c `,
    )
  })
})

describe('X43 R145: no first action', () => {
  const steps = [cluster, plain, installation({ kubernetes: 'absent' })].flatMap((options) =>
    everyCommand(options, pods),
  )

  it('holds a placeholder, or is longer than the document takes', () => {
    expect(steps.length).toBeGreaterThan(40)
    expect(steps.filter((command) => /<\w+>|(?<!\$)\{(?!http_code|url_effective)/.test(command))).toEqual([])
    expect(steps.filter((command) => command === '' || command.length > 1_000)).toEqual([])
  })

  it('takes more of a name from a target than a shell takes literally', { timeout: 60_000 }, () => {
    const parts = fc.oneof(
      fc.string({ unit: 'binary', maxLength: 30 }),
      fc.constantFrom(
        '$(reboot)',
        '`x`',
        "a'b",
        'a;b',
        'd',
        'a|b',
        'a\nb',
        '-rf',
        '--all',
        '..',
        'a b',
        '~',
        '*',
        '!!',
      ),
      fc.constantFrom(...components, ...platformStreams.map(({ name }) => name), 'ok-0'),
    )
    const name = fc.oneof(
      parts,
      fc.tuple(parts, parts).map((both) => both.join('/')),
    )
    for (const options of [cluster, plain]) {
      const known = new Set(
        everyCommand(
          options,
          components.map((component) => `${component}/pod`),
        ),
      )
      for (const [id, nextStep] of firstActions(options))
        fc.assert(
          fc.property(name, (culprit) => {
            const command = nextStepFor({ nextStep }, culprit)
            if (known.has(command)) return
            const taken = culprit.split('/').at(-1) ?? ''
            expect([id, taken]).toEqual([id, expect.stringMatching(/^[a-z0-9][a-z0-9.-]*$/)])
            // A name such as `logs` is a word of the command too: one place or another is that of the name.
            const other = id === 'secret-references' ? 'caracal-runtime' : 'pod'
            const words = command.split(' ')
            const made = words.flatMap((one, n) => (one === taken ? words.with(n, other).join(' ') : []))
            expect([command, made.some((one) => known.has(one))]).toEqual([command, true])
          }),
          { numRuns: 60 },
        )
    }
  })
})
