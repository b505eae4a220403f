// Writes src/kubernetes/manifest/api-fields.json: what the API server does with fields that a manifest leaves out, told by the types
// and defaulting functions of the Kubernetes that test/control-plane names. To be run when that version changes:
//   node scripts/api-fields.ts
// Needs Go; takes a minute when the control plane was built here, and five when not.
import { execFileSync } from 'node:child_process'
import { writeFile } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { controlPlane } from '../rig/kubernetes/binaries.ts'
import { goEnvironment } from './go-build.ts'

const target = join(resolve(import.meta.dirname, '..'), 'src/kubernetes/manifest/api-fields.json')
const printed = execFileSync('go', ['run', './api-fields'], {
  cwd: controlPlane.source,
  env: goEnvironment,
  encoding: 'utf8',
  maxBuffer: 16 * 1024 * 1024,
})
const types = Object.entries(JSON.parse(printed) as Record<string, unknown>)
const lines = types.map(([name, fields]) => `  ${JSON.stringify(name)}: ${JSON.stringify(fields)}`)
await writeFile(target, `{\n${lines.join(',\n')}\n}\n`)
