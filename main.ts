import { createSSRApp } from 'vue'
import App from './App.vue'
import { store } from '@/store'
// #ifdef H5
import { startWithList } from '@/pages/shell/start-with-list'
// #endif
// #ifndef H5
import { startHerald } from '@/store/start'
// #endif

// Here and not in a page: one connection for the app's life, and the click that started the app comes once.
// #ifdef H5
void startWithList()
// #endif
// #ifndef H5
startHerald()
// #endif

export function createApp() {
  const app = createSSRApp(App)
  app.use(store)
  return { app }
}
