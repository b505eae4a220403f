import type { AuditClient } from './audit-client.ts'
import { answersOk, goJson, goUnready } from './http.ts'
import type { Answer } from './http.ts'
import type { ReplayVolume } from './replay.ts'
import type { RevocationSnapshot } from './snapshot.ts'

/** `/ready`; `ping` asks Redis and gives up when it must. */
export async function ready(
  ping: () => Promise<unknown>,
  own: {
    readonly snapshot: RevocationSnapshot
    readonly audit: AuditClient
    readonly volume: ReplayVolume
    readonly stsUrl: string
  },
): Promise<Answer> {
  const { snapshot, audit, volume, stsUrl } = own
  const start = performance.now()
  // The bound of 2 s does not end a PING that Redis leaves unanswered.
  const pong = await ping().catch(() => undefined)
  if (pong === undefined) return goUnready('redis_unreachable')
  if (!snapshot.fresh()) return goUnready('revocation_snapshot_stale')
  if (audit.counters.dropped > 0) return goUnready('audit_evidence_lost')
  if (!(await volume.writable())) return goUnready('audit_replay_unavailable')
  const left = 2_000 - (performance.now() - start)
  if (!(await answersOk(`${stsUrl}/health`, Math.max(1, left)))) return goUnready('sts_unreachable')
  return goJson(200, { ok: true, ready: true })
}
