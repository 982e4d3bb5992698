import { createSSRApp } from 'vue'
import App from './App.vue'
import { herald } from './herald'
import { store } from './store'

export function createApp() {
  const app = createSSRApp(App)
  app.use(store)
  app.use(herald)
  return { app }
}
