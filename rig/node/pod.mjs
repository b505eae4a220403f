// What runs in a pod of the platform on a real node. The simulated platform lives in one process outside: this asks it
// by the pod's name what the pod is, then listens on the service's port and passes on what it hears.
//   PLATFORM=host:port node pod.mjs
import { connect, createServer } from 'node:net'
import { hostname } from 'node:os'

const [host, port] = (process.env.PLATFORM ?? '').split(':')
const line = connect(Number(port), host)
let text = ''

process.on('SIGTERM', () => process.exit(0))
// The pod is there as long as this connection is, for either side.
line.on('error', end).on('close', end)
line.on('data', begin)
line.write(`${hostname()}\n`)

function begin(part) {
  text += part
  if (!text.includes('\n')) return
  line.off('data', begin).resume()
  const role = JSON.parse(text)
  if (role.exit !== undefined) process.exit(role.exit)
  createServer((client) => passOn(client, connect(role.port, host))).listen(role.listen)
}

function passOn(client, replica) {
  client.pipe(replica).pipe(client)
  client.on('error', () => replica.destroy()).on('close', () => replica.destroy())
  replica.on('error', () => client.destroy()).on('close', () => client.destroy())
}

function end() {
  console.error('the platform is gone')
  process.exit(1)
}
