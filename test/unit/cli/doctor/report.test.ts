import { readdirSync, readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { describe, expect, it } from 'vitest'
import { noPaint } from '../../../../src/cli/paint.ts'
import { exitCodeOf } from '../../../../src/cli/doctor/command.ts'
import { judgeReport } from '../../../../src/cli/doctor/daemon.ts'
import { areaNames, explained } from '../../../../src/cli/doctor/diagnose.ts'
import { failed, ok, skipped, warning, type Finding, type Found } from '../../../../src/cli/doctor/finding.ts'
import { diagnosisText } from '../../../../src/cli/doctor/text.ts'
import { quoted } from '../../../../src/cli/doctor/words.ts'
import { tablesRead } from '../../../../src/probes/index.ts'

function found(area: string, ...all: readonly Found[]): readonly Finding[] {
  return all.map((one) => ({ area, ...one }))
}

function textOf(findings: readonly Finding[]): string {
  return diagnosisText({ isConfigured: true, findings }, noPaint)
}

describe('the text of a diagnosis', () => {
  it('ends with what is to be fixed, what failed first, and a summary', () => {
    const text = textOf([
      ...found(
        'redis',
        ok('login', 'gate may log in'),
        warning('version', 'it is old', ['# run a newer one']),
      ),
      ...found('kubernetes', failed('pods', 'may not list', ['- { apiGroups: [] }', '  # two'])),
      ...found('prometheus', skipped('rules', 'nobody knows')),
    ])
    expect(text).toBe(
      [
        'Redis',
        '  ok       login                       gate may log in',
        '  WARNING  version                     it is old',
        '',
        'Kubernetes',
        '  FAILED   pods                        may not list',
        '',
        'Prometheus',
        '  skipped  rules                       nobody knows',
        '',
        'What to fix',
        '',
        'FAILED  kubernetes: pods: may not list',
        '    - { apiGroups: [] }',
        '      # two',
        '',
        'WARNING  redis: version: it is old',
        '    # run a newer one',
        '',
        '1 failed, 1 warning, 1 skipped, 1 ok.',
        '',
      ].join('\n'),
    )
  })

  it('says of hundreds that are well only how many they are', () => {
    const well = Array.from({ length: 500 }, (_, at) => ok(`api/${at}`, 'takes connections'))
    const text = textOf(found('network', ...well, failed('web/1', 'does not answer', ['# let it'])))
    expect(text).toContain('500 more, see -o json')
    expect(text.split('\n').length).toBeLessThan(12)
    expect(text).toContain('FAILED   web/1')
  })

  it('shows hostile text as text, in one line and bounded', () => {
    const hostile = `\u001b[2J\u202e<script>\n${'x'.repeat(100_000)}`
    const text = textOf(found('network', failed(hostile, hostile, [hostile])))
    expect(text).not.toMatch(/\u001b|\u202e/)
    expect(text.length).toBeLessThan(3_000)
  })
})

describe('the exit code of a diagnosis', () => {
  it.each([
    [true, [ok('a', 'b'), warning('a', 'b'), skipped('a', 'b')], 0],
    [true, [ok('a', 'b'), failed('a', 'b')], 5],
    [false, [failed('a', 'b')], 2],
  ])('configured %s with %o is %i', (isConfigured, all, code) => {
    expect(exitCodeOf({ isConfigured, findings: found('redis', ...all) })).toBe(code)
  })
})

describe('what a running exporter says', () => {
  const own = { version: '1.0.0', configHash: 'sha256:aa', url: 'http://gate/' }
  const evaluator = {
    version: '1.0.0',
    configHash: 'sha256:aa',
    stateStore: { ok: true },
    configReload: { ok: true },
  }
  const check = (id: string, state: string, reason = 'r', message = 'm') => ({ id, state, reason, message })
  const report = (change: object, checks: object[] = []) => ({
    verdict: 'hold',
    evaluator: { ...evaluator, ...change },
    gates: [{ id: 'outboxes', checks }],
    stopConditions: [check('dead-rows', 'unknown', 'postgres_not_permitted', 'no right')],
  })

  it.each([
    [{ version: '0.9.0' }, 'version warning'],
    [{ configHash: 'sha256:bb' }, 'configuration warning'],
    [{ configReload: { ok: false, message: 'line 3' } }, 'configuration failed'],
    [{ stateStore: { ok: false, message: 'disk full' } }, 'memory failed'],
  ])('of itself as %o is %s', (change, expected) => {
    const states = judgeReport(report(change), own).map(({ subject, state }) => `${subject} ${state}`)
    expect(states).toContain(expected)
  })

  it('that it can not tell is told once for each cause, with what explains it', () => {
    const unknown = check('age', 'unknown', 'postgres_not_permitted', 'no right')
    const judged = judgeReport(
      report({}, [unknown, check('ready', 'pass'), check('x', 'unknown', 'stale', 'old')]),
      own,
    )
    const [first, second] = judged.filter(({ whyNot }) => whyNot !== undefined)
    expect(first?.subject).toBe('gates/outboxes/checks/age (and one other)')
    expect(second?.subject).toBe('gates/outboxes/checks/x')
    const findings = explained([
      ...found('postgres', failed('event_outbox', 'no', [], ['postgres_not_permitted'])),
      ...found('redis', ok('login', 'well')),
      ...found('exporter', ...judged),
    ])
    const messages = findings.map(({ message }) => message)
    expect(messages).toContain(
      'unknown: postgres_not_permitted: no right; explained by postgres: event_outbox',
    )
    expect(messages).toContain('unknown: stale: old')
  })
})

describe('what explains an unknown', () => {
  it('is the one that is blamed, where several have the same reason', () => {
    const refused = (subject: string) => failed(subject, 'refuses', [], ['unauthorized'])
    const refusal = { ...failed('stop-conditions/x', 'answers 401'), whyNot: ['unauthorized'] }
    const first = { ...refusal, blames: ['sts/sts-0', 'sts', 'sts-0'] }
    const second = refusal
    const findings = explained([
      ...found('bearer', refused('sts'), refused('gateway'), ok('audit', 'unauthorized')),
      ...found('exporter', first, second),
    ])
    expect(findings.slice(3).map(({ message }) => message)).toEqual([
      'answers 401; explained by bearer: sts',
      'answers 401; explained by bearer: sts and bearer: gateway',
    ])
    expect(findings[3]?.fix).toEqual(['# see bearer: sts'])
  })
})

describe('the page about the doctor', () => {
  it('has a row for every area, in the order in which they are shown', () => {
    const page = readFileSync(resolve(import.meta.dirname, '../../../../docs/operate/doctor.md'), 'utf8')
    const rows = [...page.matchAll(/^\| `([a-z]+)` +\|/gm)].map(([, name]) => name)
    expect(rows).toEqual(areaNames)
  })
})

describe('a word for a shell', () => {
  it.each([
    ['caracal_gate', 'caracal_gate'],
    ['+xinfo|stream', "'+xinfo|stream'"],
    ["it's", "'it'\\''s'"],
    ['$(rm)', "'$(rm)'"],
    ['', "''"],
  ])('%s is %s', (word, expected) => {
    expect(quoted(word)).toBe(expected)
  })
})

describe('the tables that statements read', () => {
  const folder = resolve(import.meta.dirname, '../../../../src/probes')
  const texts = readdirSync(folder).map((file) => readFileSync(join(folder, file), 'utf8'))

  it('are all among those that must be granted', () => {
    const read = texts.flatMap((text) =>
      [...text.matchAll(/FROM public\.(\w+)/g)].map(([, table = '']) => table),
    )
    expect([...new Set(read)].toSorted()).toEqual(tablesRead.map(({ table }) => table).toSorted())
  })

  it('have every column that is granted in a statement', () => {
    const statements = texts.filter((text) => text.includes('FROM public.')).join('\n')
    for (const { columns } of tablesRead)
      for (const column of columns) expect(statements).toMatch(new RegExp(`\\b${column}\\b`))
  })
})
