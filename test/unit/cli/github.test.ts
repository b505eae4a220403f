import { spawnSync } from 'node:child_process'
import { resolve } from 'node:path'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { annotationsOf, inert } from '../../../src/cli/github.ts'
import type { GateReport } from '../../../src/contract/document.ts'
import { readAnswer } from '../../../src/cli/answer.ts'
import { exitCodeOf } from '../../../src/cli/decision.ts'
import { nasty } from './hostile.ts'
import { blocker, held, reply, report, stopped, valid } from './reports.ts'

const base = new URL('https://gate.example/ops/')

function annotated(document: GateReport): readonly string[] {
  const answer = valid(document)
  return annotationsOf({ answer, demands: {}, code: exitCodeOf(answer, {}), base })
}

/** The same annotations by GitHub's own library. */
function byGithub(annotations: readonly (readonly [kind: string, title: string, message: string])[]): string {
  const args = ['test/support/github-annotations.ts', JSON.stringify(annotations)]
  const { stdout, stderr } = spawnSync(process.execPath, args, {
    cwd: resolve(import.meta.dirname, '../../..'),
    encoding: 'utf8',
    timeout: 30_000,
  })
  expect(stderr).toBe('')
  return stdout
}

/** An annotation as the runner takes it apart. */
function read(line: string): readonly [kind: string, title: string, message: string] {
  const [, kind = '', title = '', message = ''] = /^::(\w+) title=([^:,]*)::(.*)$/.exec(line) ?? []
  const unescaped = (text: string) =>
    text.replaceAll('%3A', ':').replaceAll('%2C', ',').replaceAll('%0D', '\r').replaceAll('%0A', '\n')
  return [kind, unescaped(title).replaceAll('%25', '%'), unescaped(message).replaceAll('%25', '%')]
}

describe('annotations of GitHub Actions', () => {
  it('say the verdict, the causes, what to do first, and where the page is', () => {
    expect(annotated(held())).toEqual([
      '::warning title=Rollout gate%3A hold::Hold: 1 of 2 replicas is not ready%0APage: https://gate.example/ops/',
      '::warning title=1 of 2 replicas is not ready::gates/readiness/checks/sts-ready is fail%0AFirst: kubectl -n caracal logs sts-1 --since=5m%0ARunbook: https://docs.example/runbook#outbox',
    ])
    expect(annotated(stopped()).map((line) => read(line)[0])).toEqual(['error', 'error'])
    expect(annotated(report()).map((line) => read(line)[0])).toEqual(['notice'])
    const blind = readAnswer(reply({}), {})
    expect(annotationsOf({ answer: blind, demands: {}, code: 5, base })[0]).toMatch(
      /^::error title=Rollout gate%3A cannot tell::/,
    )
  })

  it('are those that GitHub’s own library writes, whatever the texts are', () => {
    const lines = [...nasty, '100% a:b,c', '::error::x', '%0A%25'].flatMap((words) =>
      annotated(stopped({ summary: words, blocking: [blocker(words, words, words)] })),
    )
    expect(`${lines.join('\n')}\n`).toBe(byGithub(lines.map(read)))
    for (const line of lines) expect(line).not.toMatch(/[\u0000-\u001f\u007f-\u009f\u202a-\u202e]/)
  })

  it('are not more than a person reads', () => {
    const many = Array.from({ length: 30 }, (_, at) => blocker(`stop-conditions/s${at}`, 'firing', `m${at}`))
    expect(annotated(stopped({ blocking: many })).length).toBe(6)
  })
})

describe('text in the log of a runner', () => {
  it('holds no command, whatever it says', () => {
    fc.assert(
      fc.property(fc.array(fc.constantFrom('::', ':', '##[', '#', ' ', '\n', 'error', ']')), (parts) => {
        const text = inert(parts.join(''))
        // As `ActionCommand` of the runner finds them.
        for (const line of text.split('\n')) expect(line.trimStart().startsWith('::')).toBe(false)
        expect(text).not.toContain('##[')
      }),
    )
  })
})
