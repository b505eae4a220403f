import { SECOND, type Millis } from '../core/time.ts'
import type { Pace } from './probe.ts'
import type { Patience } from './ready-memory.ts'
import type { Component } from './replicas.ts'

/**
 * Time between two calls to one service, whichever replica. API and Coordinator grant 120 `/ready` a minute to one
 * client address over all replicas (T34), which kubelets may share with us. This is 35 calls a minute, 39 with every
 * interval 10 % short, which also stays far inside the Coordinator's 600 requests a minute for everything.
 */
const RATIONED: Millis = 1_700

/**
 * Share of the time that a service may spend on answers to us, over all its replicas: API counts over a table that is never
 * pruned, 110 ms of Postgres at a million rows (T29). 10 ms in a second brisk, and 2 quiet.
 */
const SHARE = { brisk: 0.01, quiet: 0.002 } as const

/** Intervals up to which a dear answer is asked less. */
type Longest = Readonly<Record<'brisk' | 'quiet', Millis>>

/**
 * With the time-out and a second these stay within the 22 s and 51 s for which an outcome is believed in either cadence: a
 * rollout never proceeds on what is older, however dear it is to ask.
 */
const LONGEST: Longest = { brisk: 15 * SECOND, quiet: 44 * SECOND }

interface Budget extends Pace, Patience {
  /** Least time between two calls to the service as a whole. */
  readonly between?: Millis
  readonly longest?: Longest
}

export type Budgets = Readonly<Record<Component, Budget>>

/**
 * STS and Audit took 5.0 s and Gateway 3.0 s while Redis hung, though their own bound is 2 s (T35): it does not end what
 * waits for Redis. After 10 s their servers give up an answer (WriteTimeout).
 */
const GO_PATIENCE: Millis = 10 * SECOND

/**
 * API and Coordinator took up to 27.4 s with a Redis that refuses: four tries of 10 s at most to connect, and 2 s
 * between, as their client is set. With one that hangs they do not answer at all.
 */
const NODE_PATIENCE: Millis = 50 * SECOND

const limited: Budget = {
  brisk: 5 * SECOND,
  quiet: 15 * SECOND,
  // Their own bound is 5 s for each dependency.
  timeout: 5_500,
  between: RATIONED,
  longest: LONGEST,
  patience: NODE_PATIENCE,
}

/**
 * Nothing limits these. A fault falls anywhere into an interval, so that 150 ms are a median of 75 and at most 150, to which
 * the answer adds some: within the 100 and 220 ms in which it shall show. Each call pings Redis and the pool, and makes a
 * file and removes it.
 */
const decisive: Budget = { brisk: 150, quiet: 3 * SECOND, timeout: 2_500, patience: GO_PATIENCE }

/** How often each component is asked, and how long it is waited for. */
export const budgets: Budgets = {
  api: limited,
  coordinator: limited,
  sts: decisive,
  gateway: decisive,
  // Its traffic does not stop when it is not ready.
  audit: { ...decisive, brisk: 500 },
  // One SELECT 1 on the database of its sessions; no step of a rollout waits for Web alone.
  web: { brisk: 2 * SECOND, quiet: 10 * SECOND, timeout: 2_500, patience: GO_PATIENCE },
}

/** Nothing is asked while the kubelet proves it: what the watch says is repeated, and changes come with it at once. */
export const byKubelet = { brisk: 5 * SECOND, quiet: 15 * SECOND } as const

/**
 * The pace at which one replica is asked.
 * @param siblings how many replicas its service has
 * @param took how long its last answer took
 * @param least what a service that refused is granted
 */
export function paceWithin(budget: Budget, siblings: number, took: Millis, least: Millis): Pace {
  const { between = 0, longest, timeout } = budget
  const intervalIn = (cadence: 'brisk' | 'quiet'): Millis => {
    const dear = longest === undefined ? 0 : Math.min((siblings * took) / SHARE[cadence], longest[cadence])
    return Math.max(budget[cadence], dear, between * siblings, least)
  }
  const brisk = intervalIn('brisk')
  return { brisk, quiet: Math.max(brisk, intervalIn('quiet')), timeout }
}
