import * as Pinia from 'pinia'
import { createSSRApp } from 'vue'
import App from './App.vue'
import { herald } from './herald'

export function createApp() {
  const app = createSSRApp(App)
  app.use(Pinia.createPinia())
  app.use(herald)
  return { app, Pinia }
}
