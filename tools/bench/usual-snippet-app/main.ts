import { createSSRApp } from 'vue'
import App from './App.vue'
import { store } from './store'

export function createApp() {
  return { app: createSSRApp(App).use(store) }
}
