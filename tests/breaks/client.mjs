const HANDOVER = 'tests/client/session/handover.test.ts'

/** @type {import('../../scripts/breaks.mjs').Break[]} */
export const clientBreaks = [
  {
    name: 'a new leader tab does not reload what it missed',
    file: 'services/session/station.ts',
    text: "if (this.#phase === 'running') this.#loading = this.#loading.then(() => this.#mailbox.load())",
    becomes: '',
    test: HANDOVER,
    dies: 'has what the one before had stored and it never heard of: a row that was deleted there stays away',
  },
  {
    name: 'a new leader tab alerts for what the one before has shown',
    file: 'services/session/station.ts',
    text: "if (this.#phase === 'running') this.#loading = this.#loading.then(() => this.#mailbox.load())",
    becomes: '',
    test: 'tests/client/session/client.test.ts',
    dies: 'a new leader does not alert again for what the dead one has shown and it never heard of',
  },
  {
    name: 'a follower does not ask again after missing changes',
    file: 'services/session/station.ts',
    text: "else if (!this.#mailbox.mirror(change)) this.#ports.link.send({ type: 'join' })",
    becomes: 'else this.#mailbox.mirror(change)',
    test: HANDOVER,
    dies: 'that missed messages asks again when the next one shows it, and then has all',
  },
  {
    name: 'a follower ignores that the leader has stored all',
    file: 'services/session/station.ts',
    text: "if (message.type === 'flushed' && message.to === this.#ports.link.id) this.#reload()",
    becomes: '',
    test: HANDOVER,
    dies: 'that came while the leader’s storage was slow has all as soon as that has taken it',
  },
  {
    name: 'unsettled rows are not given back',
    file: 'services/session/station.ts',
    text: 'this.#mailbox.giveBackUnsettled()',
    becomes: '',
    test: HANDOVER,
    dies: 'takes anew what an earlier life had stored and died before it alerted',
  },
  {
    name: 'an old recipient overwrites a newer session’s',
    file: 'services/session/client.ts',
    text: 'if (saved?.tokenId !== session.tokenId || saved.recipient === recipient) return',
    becomes: 'if (!saved || saved.recipient === recipient) return',
    test: HANDOVER,
    dies: 'a tab whose user was signed out elsewhere writes nothing into the next one’s session',
  },
  {
    name: 'history of a pruned feed is stored again',
    file: 'services/inbox/row-budget.ts',
    text: 'for (const feed of Object.keys(inbox.feeds)) this.#heldBack.add(feed)',
    becomes: '',
    test: 'tests/client/inbox/row-budget.test.ts',
    dies: 'stores no history of a feed whose rows were once dropped: it would leave a hole',
  },
]
