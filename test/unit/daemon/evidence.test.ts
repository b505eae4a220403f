import { describe, expect, it } from 'vitest'
import { admitted, aRollout, isoAt, mine, now, other, push, refusedFor } from './pushing.ts'

describe('evidence that is admitted', () => {
  it('is a look that was taken when the evidence was issued', () => {
    const { at, validFor } = admitted({ issuedAt: isoAt(-900) })
    expect([at, validFor]).toEqual([now - 900_000, 3_600_000])
    expect(admitted().at).toBe(now)
  })

  it('R70: carries what it is about as labels of its target, which is another for each of that', () => {
    const said = { check: 'helm-render', outcome: 'pass', issued: `${now}`, since: `${now}` }
    expect(admitted({ digest: mine, rollout: 'caracal/47' }).target).toEqual({
      id: `helm-render pass caracal/47@waiting ${mine}`,
      labels: { ...said, digest: mine, rollout: 'caracal/47' },
    })
    expect(admitted().target).toEqual({ id: 'helm-render pass', labels: said })
    const rollout = aRollout('caracal/47')
    const begun = { rollout: 'caracal/47', life: `${rollout.startedAt}` }
    for (const body of [{}, { rollout: 'caracal/47' }])
      expect(admitted(body, { rollout }).target.labels).toEqual({ ...said, ...begun })
  })

  it('says what was found, about what, by whom and until when', () => {
    const { outcome } = admitted({ digest: mine, message: 'helm lint and helm template passed' })
    expect(outcome).toMatchObject({
      readings: [
        {
          value: 1,
          detail:
            'helm lint and helm template passed for sha256:abababababab, says pipeline-17, expires 2026-05-01T13:00Z',
        },
      ],
    })
    const long = admitted({ message: 'x'.repeat(300), actor: 'y'.repeat(300), outcome: 'fail' }).outcome
    expect(long).toMatchObject({ readings: [{ value: 0, detail: /expires 2026-05-01T13:00Z$/ }] })
  })

  it('keeps no control character of a message', () => {
    const { outcome } = admitted({ message: 'a\u001b[31mb\nc' })
    expect(JSON.stringify(outcome)).not.toMatch(/\\u001b|\\n/)
  })
})

describe('the time of evidence', () => {
  it('R58: may be ahead by as much as clocks differ, and not more', () => {
    expect(refusedFor({ issuedAt: isoAt(60) })).toBe('new')
    expect(refusedFor({ issuedAt: isoAt(61) })).toBe('the evidence comes from the future')
  })

  it('R58: is when its validity begins, so that it may have ended on arrival', () => {
    expect(refusedFor({ issuedAt: isoAt(-3_599) })).toBe('new')
    expect(refusedFor({ issuedAt: isoAt(-3_600) })).toBe('the evidence has expired')
  })

  it('is told in the refusal, with what fixes it', () => {
    const admission = push({ issuedAt: '2026-05-01T09:00:00+01:00' })
    expect(admission).toMatchObject({
      detail:
        'it was issued at 2026-05-01T08:00:00Z for 1 h, which ended 3 h ago; look again and push what is found',
    })
  })
})

describe('evidence for a check that has some', () => {
  const held = admitted({ issuedAt: isoAt(-60), digest: mine })

  it('is the same when all of it is the same', () => {
    expect(push({ issuedAt: isoAt(-60), digest: mine }, { held }).kind).toBe('known')
  })

  it.each([
    ['the digest', { digest: other }],
    ['the message', { message: 'something else' }],
    ['the validity', { validForSeconds: 7_200 }],
    ['the actor', { actor: 'somebody else' }],
  ])('is refused when its time is the same and %s is not', (_, change) => {
    expect(refusedFor({ issuedAt: isoAt(-60), digest: mine, ...change }, { held })).toBe(
      'newer evidence is held',
    )
  })

  it('R58: is refused when it is older, and replaces it when it is newer', () => {
    expect(refusedFor({ issuedAt: isoAt(-61), digest: mine }, { held })).toBe('newer evidence is held')
    expect(refusedFor({ issuedAt: isoAt(-59), outcome: 'fail' }, { held })).toBe('new')
  })

  it('X85: R71: is never refused when it says fail: whatever is held, however late or early it was issued', () => {
    const ahead = admitted({ issuedAt: isoAt(59) })
    for (const issuedAt of [isoAt(-3_000), isoAt(-60), isoAt(0), isoAt(7_200)])
      for (const one of [held, ahead]) {
        const fail = admitted({ outcome: 'fail', issuedAt, digest: mine }, { held: one })
        expect(fail.at).toBeGreaterThan(one.at)
        expect(fail.at + fail.validFor).toBe(Math.min(Date.parse(issuedAt), now) + 3_600_000)
      }
  })

  it('X85: R71: replaces a fail only when it was issued after that came', () => {
    const fail = admitted({ outcome: 'fail', issuedAt: isoAt(-30) }, { held })
    expect(push({ issuedAt: isoAt(-1) }, { held: fail })).toMatchObject({
      code: 'newer-evidence',
      detail: expect.stringContaining('look again and push what is found') as string,
    })
    expect(push({ issuedAt: isoAt(1) }, { held: fail }, now + 2_000).kind).toBe('new')
    const sameManifest = admitted({ outcome: 'fail', digest: mine, rollout: 'caracal/47' })
    expect(refusedFor({ issuedAt: isoAt(-1), digest: mine }, { held: sameManifest })).toBe(
      'newer evidence is held',
    )
    expect(refusedFor({ issuedAt: isoAt(-1), digest: other }, { held: sameManifest })).toBe('new')
  })

  it('X85: R72: counts from its arrival when it was issued ahead of our clock', () => {
    const { at, validFor } = admitted({ issuedAt: isoAt(59), validForSeconds: 60 })
    expect([at, validFor]).toEqual([now, 60_000])
  })

  it('X61: R70: waits beside it when it names a rollout that has not begun', () => {
    const early = { issuedAt: isoAt(-60), digest: mine, rollout: 'caracal/47' }
    expect(refusedFor(early, { held })).toBe('new')
    expect(refusedFor(early, { held, rollout: aRollout('caracal/46') })).toBe('new')
  })

  it('is newer when it names no time, even if what is held came from a fast clock', () => {
    const ahead = admitted({ issuedAt: isoAt(30) })
    for (const outcome of ['pass', 'fail'] as const)
      expect(admitted({ outcome }, { held: ahead }).at).toBeGreaterThan(ahead.at)
  })

  it('is compared with it also after that has expired, so that nothing comes back', () => {
    const expired = admitted({ issuedAt: isoAt(-3_000), validForSeconds: 3_600 })
    const later = now + 3_600_000
    const older = { issuedAt: isoAt(-3_001), validForSeconds: 86_400 }
    expect(push(older, { held: expired }, later)).toMatchObject({ code: 'newer-evidence' })
  })
})
