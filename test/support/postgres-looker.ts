import { PostgresFailure } from '../../src/connections/postgres-failure.ts'
import { openPostgres, type PostgresSettings } from '../../src/connections/postgres.ts'

/**
 * Looks at Postgres again and again, as a process of its own that dies of whatever is not handled. It says each time
 * that a look was answered, and at the end of its input how looks ended, by their reasons.
 */
const settings = JSON.parse(process.argv[2] ?? '') as PostgresSettings
const postgres = openPostgres(settings, { redial: 0 })
const ended: Record<string, number> = {}
let goesOn = true
process.stdin.once('end', () => {
  goesOn = false
})
process.stdin.resume()

async function look(): Promise<string> {
  try {
    await postgres.query('one', 'SELECT 1 AS one')
    return 'answered'
  } catch (error) {
    if (error instanceof PostgresFailure) return error.reason
    throw error
  }
}

for (let n = 0; goesOn; n += 1) {
  const outcome = await look()
  ended[outcome] = (ended[outcome] ?? 0) + 1
  if (outcome === 'answered') process.stdout.write('.')
  // Now and then the connection is idle when its end comes.
  await new Promise((resolve) => setTimeout(resolve, n % 3))
}
await postgres.close()
process.stdout.write(`\n${JSON.stringify(ended)}\n`)
