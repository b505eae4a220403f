import { comesAndGoes, elsewhere, never, of, page, place, pod, inBetween } from './platform-world.ts'
import type { Case, Series } from './world.ts'

const lost = page('audit-evidence-lost', 'audit')
const tampered = page('audit-tamper-detected', 'audit')
const dead = page('outbox-dead-messages', 'api')
const missing = { severity: 'warning', component: 'prometheus' }
const redis = { ...place, job: 'caracal-redis', instance: 'redis:9121' }

const services = ['api', 'sts', 'gateway', 'audit']
const familyOf: Readonly<Record<string, string>> = {
  api: 'caracal_api_outbox_dead_total',
  sts: 'caracal_sts_audit_dropped_total',
  gateway: 'caracal_gateway_revocation_snapshot_fresh',
  audit: 'caracal_audit_dlq_total',
}

function target(service: string, where = place) {
  return { ...where, job: `caracal-caracal-${service}`, instance: `${service}:80` }
}

/** Everything is scraped, but for one service. */
function scrapedBut(service?: string): readonly Series[] {
  return services.filter((one) => one !== service).map((one) => of(familyOf[one] ?? '', target(one), '0x200'))
}

function tamper(n: number, mismatch: string, breaks: string, hmac: string): readonly Series[] {
  return [
    of('caracal_audit_tamper_mismatch_total', pod(n), mismatch),
    of('caracal_audit_tamper_chain_breaks_total', pod(n), breaks),
    of('caracal_audit_tamper_hmac_failures_total', pod(n), hmac),
  ]
}

export const storeCases: Readonly<Record<string, readonly Case[]>> = {
  CaracalPlatformOutboxDeadMessages: [
    {
      story: 'T48, T49: one row dies, as both replicas of the API tell; it is dealt with',
      series: [
        of('caracal_api_outbox_dead_total', pod(1), inBetween('0', '1')),
        of('caracal_api_outbox_dead_total', pod(2), '0x200'),
        of('caracal_api_outbox_dead_total', pod(1, elsewhere), '0x200'),
      ],
      told: comesAndGoes(dead, '2m45s', '3m'),
    },
    {
      story: 'T48: rows of the Coordinator die, a series that was not there before; others are pending',
      series: [
        of('caracal_api_outbox_dead_total', pod(1), '0x200'),
        of('caracal_outbox_total', { ...pod(3), status: 'pending' }, '9x200'),
        of('caracal_outbox_total', { ...pod(3), status: 'dead' }, '_x20 1x200'),
      ],
      told: [
        { at: '6m45s', firing: [] },
        { at: '7m', firing: [dead] },
      ],
    },
    {
      story: 'T44: Postgres is away, and with it the metric: the page stays',
      series: [of('caracal_api_outbox_dead_total', pod(1), '1x8 stale')],
      told: [
        { at: '2m', firing: [dead] },
        { at: '7m', firing: [dead] },
      ],
    },
  ],
  CaracalPlatformPostgresPoolSaturation: [
    {
      story: 'one pool is fuller than nine tenths for seven minutes',
      series: [
        of('caracal_db_pool_in_use_ratio', pod(1), inBetween('0.9', '0.91')),
        of('caracal_db_pool_in_use_ratio', pod(2), '0.1x200'),
        of('caracal_db_pool_in_use_ratio', pod(1, elsewhere), '0.9x200'),
      ],
      told: comesAndGoes(page('postgres-pool-saturation', 'postgres'), '7m45s', '8m'),
    },
    never('it is full for a moment, again and again', [
      of('caracal_db_pool_in_use_ratio', pod(1), '1x9 0 1x9 0 1x9 0 1x9 0 1x9 0x200'),
    ]),
  ],
  CaracalPlatformRedisMemoryPressure: [
    {
      story: 'more than nine tenths of the limit are used for seven minutes',
      series: [
        of('redis_memory_used_bytes', redis, inBetween('9', '9.1')),
        of('redis_memory_max_bytes', redis, '10x200'),
        of('redis_memory_used_bytes', { ...redis, instance: 'replica:9121' }, '1x200'),
        of('redis_memory_max_bytes', { ...redis, instance: 'replica:9121' }, '10x200'),
        of('redis_memory_used_bytes', { ...redis, ...elsewhere }, '9x200'),
        of('redis_memory_max_bytes', { ...redis, ...elsewhere }, '10x200'),
      ],
      told: comesAndGoes(page('redis-memory-pressure', 'redis'), '7m45s', '8m'),
    },
    {
      story: 'its limit is tiny',
      series: [
        of('redis_memory_used_bytes', redis, '0.95x200'),
        of('redis_memory_max_bytes', redis, '1x200'),
      ],
      told: [{ at: '7m', firing: [page('redis-memory-pressure', 'redis')] }],
    },
    never('there is no limit, and another Redis is full', [
      of('redis_memory_used_bytes', redis, '9x200'),
      of('redis_memory_max_bytes', redis, '0x200'),
      of('redis_memory_used_bytes', { ...redis, job: 'shop-redis' }, '10x200'),
      of('redis_memory_max_bytes', { ...redis, job: 'shop-redis' }, '10x200'),
    ]),
  ],
  CaracalPlatformAuditEvidenceLost: [
    {
      story: 'T46: a Gateway has lost an event before it was first scraped; a new pod has not',
      series: [
        of('caracal_gateway_audit_dropped_total', pod(1), inBetween('0', '1')),
        of('caracal_gateway_audit_dropped_total', pod(2), '0x200'),
        of('caracal_sts_audit_dropped_total', pod(3), '0x200'),
        of('caracal_sts_audit_dropped_total', pod(3, elsewhere), '0x200'),
      ],
      told: comesAndGoes(lost, '2m45s', '3m'),
    },
    {
      story: 'an STS has',
      series: [
        of('caracal_gateway_audit_dropped_total', pod(1), '0x200'),
        of('caracal_sts_audit_dropped_total', pod(3), '1x200'),
      ],
      told: [{ at: '2m', firing: [lost] }],
    },
  ],
  CaracalPlatformAuditTamperDetected: [
    {
      story: 'T45: one replica has a finding from its first scrape on, the other has none',
      series: [...tamper(1, inBetween('0', '1'), '0x200', '0x200'), ...tamper(2, '0x200', '0x200', '0x200')],
      told: comesAndGoes(tampered, '2m45s', '3m'),
    },
    {
      story: 'T45: a chain is broken',
      series: tamper(1, '0x200', '1x200', '0x200'),
      told: [{ at: '2m', firing: [tampered] }],
    },
    {
      story: 'T45: a signature is wrong',
      series: tamper(1, '0x200', '0x200', '1x200'),
      told: [{ at: '2m', firing: [tampered] }],
    },
  ],
  CaracalPlatformMetricsMissing: [
    ...services.map((service) => ({
      story: `T01: the ${service} refuses both of its targets for five minutes`,
      series: [
        ...scrapedBut(),
        of('up', target(service), inBetween('1', '0')),
        of('up', { ...target(service), instance: 'b' }, inBetween('1', '0')),
        of('up', target(service, elsewhere), '1x200'),
      ],
      told: comesAndGoes({ ...missing, ...place, job: `caracal-caracal-${service}` }, '5m45s', '6m'),
    })),
    {
      story: 'one target of two is down',
      series: [
        ...scrapedBut(),
        of('up', target('sts'), '0x200'),
        of('up', { ...target('sts'), instance: 'b' }, '1x200'),
      ],
      told: [{ at: '5m', firing: [{ ...missing, ...place, job: 'caracal-caracal-sts' }] }],
    },
    ...services.map((service) => ({
      story: `the ${service} was never scraped`,
      series: scrapedBut(service),
      told: [
        { at: '4m45s', firing: [] },
        { at: '5m', firing: [missing] },
      ],
    })),
    never('T02, T03: Web and Coordinator are down, as always, and so is something else', [
      ...scrapedBut(),
      of('up', target('web'), '0x200'),
      of('up', target('coordinator'), '0x200'),
      of('up', { ...target('api'), job: 'shop-api' }, '0x200'),
    ]),
  ],
}
