import { createHerald } from '@/uni_modules/herald-inbox'
import { fetchHeraldToken, GATEWAY } from '@/backend.js'

export default createHerald({
  server: GATEWAY,
  token: fetchHeraldToken,
  namespace: 'shop',
  // 未读数显示在第二个 tab 上。
  badge: { tab: 1 },
  routes: {
    inbox: '/pages/messages/messages',
    // 其他消息打开插件自带的页面（导入时由 pages_init.json 合并进 pages.json）。
    message: ({ id }) => '/uni_modules/herald-inbox/pages/message/message?id=' + id,
  },
  // 带订单号的消息打开商城自己的订单页。
  onOpen({ message }) {
    const order = message?.data?.order
    if (order === undefined) return false
    uni.navigateTo({ url: '/pages/order/order?id=' + order })
    return true
  },
})
