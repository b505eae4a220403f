// What runs in the namespaces that main.ts makes: the node, the platform, and one scenario after another.
import { clearGround, setGround, type Materials } from './ground.ts'
import { scenariosNamed } from './scenarios.ts'
import { stageOn, type Stage } from './stage.ts'

function tell(line: string): void {
  process.stdout.write(`${line}\n`)
}

async function main(names: readonly string[]): Promise<number> {
  const scenarios = scenariosNamed(names)
  const materials = JSON.parse(process.env['NODE_TEST_MATERIALS'] ?? '') as Materials
  const began = performance.now()
  const seconds = () => Math.round((performance.now() - began) / 1_000)
  const stage = stageOn(await setGround(materials), materials.helm)
  tell(`the node is ready after ${seconds()} s`)
  let passed = 0
  for (const scenario of scenarios) {
    const { name, shows } = scenario
    const start = seconds()
    try {
      await scenario.run(stage)
      passed += 1
      tell(`passed  ${name}: ${shows} (${seconds() - start} s)`)
    } catch (error) {
      tell(`FAILED  ${name}: ${shows} (${seconds() - start} s)`)
      tell(error instanceof Error ? (error.stack ?? error.message) : String(error))
      tell(await whatToLookAt(stage))
    }
  }
  await clearGround(stage)
  tell(`${passed} passed, ${scenarios.length - passed} failed`)
  return passed === scenarios.length ? 0 : 1
}

/** The state of the cluster, for a reader of a failure. */
async function whatToLookAt(stage: Stage): Promise<string> {
  const asked = [
    ['get', 'pods', '--all-namespaces', '--output=wide'],
    ['get', 'events', '--all-namespaces', '--sort-by=.lastTimestamp', '--field-selector=type!=Normal'],
    ['logs', '--namespace=gate', '--selector=app.kubernetes.io/name=caracal-gate-exporter', '--tail=20'],
  ]
  const answers = asked.map(async (args) => {
    const said = await stage.kubectl(...args).catch(String)
    return `kubectl ${args.join(' ')}\n${said.split('\n').slice(-25).join('\n')}`
  })
  return [...(await Promise.all(answers)), stage.node.output()].join('\n\n')
}

// The first process of the namespace ends with this one, and everything else with it.
process.exit(
  await main(process.argv.slice(2)).catch((error: unknown) => {
    tell(error instanceof Error ? (error.stack ?? error.message) : String(error))
    tell('0 passed, 1 failed')
    return 1
  }),
)
