import { createSSRApp } from 'vue'
import App from './App.vue'
import { store } from '@/store'
// #ifdef H5
// uni brings these with its components, and scripts/plain-views.mjs makes elements of them.
import '@dcloudio/uni-components/style/text.css'
import '@dcloudio/uni-components/style/view.css'
import { startWithList } from '@/pages/shell/start-with-list'
// #endif
// #ifndef H5
import { appOptions } from '@/pages/shell/app-options'
import { startHerald } from '@/store/start'
// #endif

// Here and not in a page: one connection for the app's life, and the click that started the app comes once.
// #ifdef H5
void startWithList()
// #endif
// #ifndef H5
startHerald(appOptions)
// #endif

export function createApp() {
  const app = createSSRApp(App)
  app.use(store)
  return { app }
}
