// What takes too long to build for `npm test`, and is run at night or by hand: the controller of
// Argo Rollouts, which counts measurements as our tests of recipes do. Needs Go: minutes once, then seconds.
//   npm run test:clients
// The last line is `N passed, N failed`.
import { clientPrograms } from '../rig/clients.ts'
import { buildClient } from './clients.ts'
import { runProjects } from './vitest-projects.ts'

async function main(): Promise<number> {
  try {
    for (const program of clientPrograms())
      if (program.client.includes('-counting-'))
        await buildClient(program, (line) => process.stderr.write(`${line}\n`))
  } catch (error) {
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n\n0 passed, 1 failed\n`)
    return 1
  }
  const { passed, failed, remarks } = await runProjects(
    [],
    [],
    ['--root', 'test/clients', '--testTimeout', '240000'],
  )
  for (const remark of remarks) process.stdout.write(`!!! ${remark}\n`)
  process.stdout.write(`\n${passed} passed, ${failed} failed\n`)
  return failed === 0 && passed > 0 ? 0 : 1
}

process.exitCode = await main()
