import { InvalidArgumentError } from 'commander'

const UNIT_S: Readonly<Record<string, number>> = {
  s: 1,
  m: 60,
  h: 3600,
  d: 86_400,
  w: 604_800,
  y: 31_536_000,
}

const PRIORITIES: Readonly<Record<string, number>> = {
  min: 1,
  low: 2,
  default: 3,
  normal: 3,
  high: 4,
  urgent: 5,
  max: 5,
}

/** `90d`, `12h`, `600`: a life in seconds. */
export function parseTtl(text: string): number {
  const [, digits, unit = 's'] = /^(\d{1,9})([smhdwy])?$/i.exec(text) ?? []
  if (digits === undefined)
    throw new InvalidArgumentError('Expected a time such as 90d, 12h, 30m or 600 (seconds).')
  return Number(digits) * (UNIT_S[unit.toLowerCase()] ?? 1)
}

/** 1-5, or a name. */
export function parsePriority(text: string): number {
  const priority = PRIORITIES[text.toLowerCase()] ?? Number(text)
  if (Number.isInteger(priority) && priority >= 1 && priority <= 5) return priority
  throw new InvalidArgumentError('Expected 1-5, or min, low, default, high, urgent.')
}

/** Collects an option that may be given several times, or as a list with commas. */
export function collect(text: string, before: readonly string[] = []): string[] {
  const parts = text.split(',').map((part) => part.trim())
  return [...before, ...parts.filter(Boolean)]
}

/** A number of things, at least one. */
export function parseCount(text: string): number {
  const count = /^\d{1,9}$/.test(text) ? Number(text) : 0
  if (count > 0) return count
  throw new InvalidArgumentError('Expected a whole number from 1.')
}

/** A port of this machine; 0 is any. */
export function parsePort(text: string): number {
  const port = /^\d{1,5}$/.test(text) ? Number(text) : NaN
  if (port <= 65_535) return port
  throw new InvalidArgumentError('Expected a port from 0 to 65535.')
}
