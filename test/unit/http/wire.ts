import { Ajv2020 } from 'ajv/dist/2020.js'
import addFormats from 'ajv-formats'
import { expect } from 'vitest'
import { initialSnapshot, type Snapshot } from '../../../src/core/snapshot.ts'
import type { GateReport } from '../../../src/contract/document.ts'
import { toReport } from '../../../src/http/document.ts'
import { gatesSchema, jsonSchema } from '../../../src/http/json-schema.ts'
import { handMadeRules, play, reportContext, start, type World } from './context.ts'

const ajv = new Ajv2020({ allErrors: true, strict: true })
addFormats.default(ajv)
const published = ajv.compile(gatesSchema())
const closed = ajv.compile(jsonSchema('GateReport', true))

/** Through JSON and back, as a client gets it; valid by the schema that clients have and by the closed one. */
export function wire(report: GateReport): GateReport {
  const document: unknown = JSON.parse(JSON.stringify(report))
  expect(published(document), ajv.errorsText(published.errors)).toBe(true)
  expect(closed(document), ajv.errorsText(closed.errors)).toBe(true)
  expect(document).toEqual(report)
  return document as GateReport
}

export function reportOf(world: World, seconds = 1, more: Partial<Snapshot> = {}): GateReport {
  const rules = handMadeRules(world)
  return wire(
    toReport(play(rules, seconds, { ...initialSnapshot(start, rules), ...more }), reportContext(rules)),
  )
}

export function stopOf(report: GateReport, id: string) {
  const found = report.stopConditions.find((candidate) => candidate.id === id)
  if (found === undefined) throw new Error(`${id} is missing`)
  return found
}

export function checkOf(report: GateReport, id: string) {
  const found = report.gates.flatMap((gate) => gate.checks).find((candidate) => candidate.id === id)
  if (found === undefined) throw new Error(`${id} is missing`)
  return found
}
