// What tutorials of "websocket messages with Vue 3 and Vuex" have one paste: a commit per message, all of it reactive,
// the whole list rendered. Nothing in it is made slower than it is usually written.
import { createApp } from 'vue'
import { createStore, type Store } from 'vuex'

interface Notice {
  id: string
  title: string
  body: string
  time: number
}

interface State {
  messages: Notice[]
  unread: number
}

const store: Store<State> = createStore<State>({
  state: { messages: [], unread: 0 },
  mutations: {
    add(state, message: Notice) {
      state.messages.push(message)
      state.unread += 1
    },
  },
})

createApp({
  computed: {
    messages: () => store.state.messages,
    unread: () => store.state.unread,
  },
  created() {
    const socket = new WebSocket(`${location.origin.replace('http', 'ws')}/snippet/socket`)
    socket.onmessage = ({ data }) => {
      store.commit('add', JSON.parse(String(data)))
    }
  },
  template: `
    <h1>Messages (<span id="count">{{ unread }}</span>)</h1>
    <div class="row" v-for="message in messages" :key="message.id">
      <div class="title">{{ message.title }}</div>
      <div class="body">{{ message.body }}</div>
      <div class="time">{{ new Date(message.time).toLocaleTimeString() }}</div>
    </div>`,
})
  .use(store)
  .mount('#app')
