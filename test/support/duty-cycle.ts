import { signalProcess } from '../../rig/processes.ts'

// Lets another process run for a share of each tenth of a second, as a quota of CPU does, and needs no rights for it:
//   node duty-cycle.ts <pid> <share of a core> <seconds>
// It is a process of its own, so that nothing of the test delays it; it ends by itself, and leaves the other running.

const PERIOD = 100

const [pid = 0, share = 1, seconds = 0] = process.argv.slice(2).map(Number)
const until = performance.now() + seconds * 1_000
const parent = process.ppid

function rest(span: number): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, span)
}

try {
  while (performance.now() < until && process.ppid === parent) {
    signalProcess(pid, 'SIGSTOP')
    rest(PERIOD * (1 - share))
    signalProcess(pid, 'SIGCONT')
    rest(PERIOD * share)
  }
} finally {
  signalProcess(pid, 'SIGCONT')
}
