import { createStore } from 'vuex'

export interface Notice {
  readonly id: string
  readonly title: string
  readonly body: string
  readonly time: number
}

interface State {
  messages: Notice[]
  unread: number
}

export const store = createStore<State>({
  state: { messages: [], unread: 0 },
  mutations: {
    add(state, message: Notice) {
      state.messages.push(message)
      state.unread += 1
    },
  },
})
