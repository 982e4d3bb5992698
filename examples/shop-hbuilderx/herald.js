import { createHerald } from '@/uni_modules/herald-inbox'
import { fetchHeraldToken, GATEWAY } from '@/backend.js'

export default createHerald({
  server: GATEWAY,
  token: fetchHeraldToken,
  namespace: 'shop',
  // 未读数显示在第二个 tab 上。
  badge: { tab: 1 },
  routes: { inbox: '/pages/messages/messages' },
  // 带订单号的消息打开商城自己的订单页。
  onOpen({ message }) {
    const order = message?.data?.order
    if (order === undefined) return false
    uni.navigateTo({ url: '/pages/order/order?id=' + order })
    return true
  },
})
