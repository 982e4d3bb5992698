/**
 * Breaks that the simulator must find; `npm run simulate:breaks` tries them.
 * @type {readonly { name: string, edits: readonly { file: string, text: string, becomes: string }[] }[]}
 */
export const simulationBreaks = [
  {
    name: 'dedupe: what was presented is presented again',
    edits: [
      {
        file: 'services/inbox/live-inbox.ts',
        text: 'return messages.filter(({ id }) => !this.#ports.ledger.isPresented(id))',
        becomes: 'return messages',
      },
    ],
  },
  {
    name: 'clear on read: what was pushed and is read stays on the screen',
    edits: [
      {
        file: 'gateway/stores/sqlite/push-commands.ts',
        text: 'rows.filter((one) => mayLie(one) && !hasUnread(one, read, from))',
        becomes: '[]',
      },
    ],
  },
  {
    name: 'decision taken again: a push that was found due goes, whatever was acked or read since',
    edits: [
      {
        file: 'gateway/escalation/ringer.ts',
        text: 'verdict: decide(await this.#options.situations.ofDevice(row, now))',
        becomes: `verdict: await this.#options.situations.messages(row).then(([first, ...rest]) =>
          first ? { do: 'push', messages: [first, ...rest] } : { do: 'cancel', reason: 'message_gone' })`,
      },
    ],
  },
  {
    name: 'conditional claim: what is taken already is taken once more',
    edits: [
      {
        file: 'gateway/stores/sqlite/push-commands.ts',
        text: 'WHERE due <= ? AND claimed_until <= ? ORDER BY due LIMIT ?',
        becomes: 'WHERE due <= ? AND claimed_until >= 0 * ? ORDER BY due LIMIT ?',
      },
      {
        file: 'gateway/stores/sqlite/push-commands.ts',
        text: 'AND due IS NOT NULL AND ${when} AND claimed_until <= ?',
        becomes: 'AND due IS NOT NULL AND ${when} AND claimed_until >= 0 * ?',
      },
      {
        file: 'gateway/stores/sqlite/push-reads.ts',
        text: 'WHERE due <= ? AND claimed_until <= ?) AS ${table}',
        becomes: 'WHERE due <= ? AND claimed_until >= 0 * ?) AS ${table}',
      },
      // One gateway alone knows by itself what it is at.
      {
        file: 'gateway/escalation/sender.ts',
        text: 'const rows = claimed.filter((row) => !this.#busy.has(nameOf(row)))',
        becomes: 'const rows = claimed',
      },
    ],
  },
  {
    name: 'lease: a device is believed to be there for ever',
    edits: [
      {
        file: 'gateway/presence/presence.ts',
        text: 'return kept && kept.ends > this.#elapsed() ? kept : undefined',
        becomes: 'return kept',
      },
      {
        file: 'gateway/presence/presence.ts',
        text: "this.#set(user, device, { state: 'returning', ends })",
        becomes: '',
      },
    ],
  },
  {
    name: 'read ranges: a read takes the place of those before it',
    edits: [
      {
        file: 'gateway/stores/feed-rules.ts',
        text: 'ranges: unionRanges(before, given),',
        becomes: 'ranges: given,',
      },
    ],
  },
  {
    name: 'deadline re-armed after a restart: what the last life had taken stays taken',
    edits: [
      {
        file: 'gateway/escalation/escalation.ts',
        text: 'await pushes.resume(now(), now() + LONGEST_WAIT_MS)',
        becomes: '',
      },
    ],
  },
  {
    name: '`unknown` keeps its id: a push that may have been taken goes again under a new name',
    edits: [
      {
        file: 'gateway/stores/push-rules.ts',
        text: 'const fresh = rows.filter((row) => !mayHaveGone(row))',
        becomes: 'const fresh = rows',
      },
      {
        file: 'gateway/stores/push-rules.ts',
        text: 'if (mayHaveGone(claimed) && known !== null) return { ...row, push: known, unknown: 1 }',
        becomes: '',
      },
    ],
  },
  {
    name: 'epoch checked: a device holds a feed of another life for the same',
    edits: [
      {
        file: 'services/inbox/feed-records.ts',
        text: 'return record?.epoch === epoch ? record : undefined',
        becomes: 'return record',
      },
    ],
  },
  {
    name: 'leadership passed on: a tab that followed does not lead when the leader is gone',
    edits: [
      {
        file: 'services/session/account-tab.ts',
        text: 'won: () => void this.#becomeLeader(),',
        becomes: "won: () => void (this.#phase === 'running' ? undefined : this.#becomeLeader()),",
      },
    ],
  },
]
