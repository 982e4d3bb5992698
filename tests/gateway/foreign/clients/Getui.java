// Getui's own SDK for Java: signs in, pushes to one device, and recalls.
import com.getui.push.v2.sdk.ApiHelper;
import com.getui.push.v2.sdk.GtApiConfiguration;
import com.getui.push.v2.sdk.api.PushApi;
import com.getui.push.v2.sdk.common.ApiResult;
import com.getui.push.v2.sdk.dto.req.Audience;
import com.getui.push.v2.sdk.dto.req.Settings;
import com.getui.push.v2.sdk.dto.req.Strategy;
import com.getui.push.v2.sdk.dto.req.message.PushChannel;
import com.getui.push.v2.sdk.dto.req.message.PushDTO;
import com.getui.push.v2.sdk.dto.req.message.PushMessage;
import com.getui.push.v2.sdk.dto.req.message.android.AndroidDTO;
import com.getui.push.v2.sdk.dto.req.message.android.ThirdNotification;
import com.getui.push.v2.sdk.dto.req.message.android.Ups;
import com.getui.push.v2.sdk.dto.req.message.harmony.HarmonyDTO;
import com.getui.push.v2.sdk.dto.req.message.harmony.HarmonyNotification;
import com.getui.push.v2.sdk.dto.req.message.ios.Alert;
import com.getui.push.v2.sdk.dto.req.message.ios.Aps;
import com.getui.push.v2.sdk.dto.req.message.ios.IosDTO;
import com.google.gson.Gson;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;

public class Getui {
  public static void main(String[] args) {
    JsonObject given = JsonParser.parseString(args[0]).getAsJsonObject();
    GtApiConfiguration configuration = new GtApiConfiguration();
    configuration.setAppId(given.get("appId").getAsString());
    configuration.setAppKey(given.get("appKey").getAsString());
    configuration.setMasterSecret(given.get("masterSecret").getAsString());
    configuration.setDomain(given.get("url").getAsString() + "/v2");
    configuration.setOpenAnalyseStableDomainSwitch(false);
    configuration.setOpenCheckHealthDataSwitch(false);
    PushApi api = ApiHelper.build(configuration).creatApi(PushApi.class);
    PushDTO<Audience> push = new PushDTO<>();
    push.setRequestId(given.get("requestId").getAsString());
    Audience audience = new Audience();
    audience.addCid(given.get("cid").getAsString());
    push.setAudience(audience);
    fill(push, given);
    ApiResult<?> result = api.pushToSingleByCid(push);
    JsonObject answer = new JsonObject();
    answer.addProperty("ok", result.isSuccess());
    answer.addProperty("code", result.getCode());
    answer.addProperty("message", result.getMsg());
    System.out.println(new Gson().toJson(answer));
    System.exit(0);
  }

  private static void fill(PushDTO<Audience> push, JsonObject given) {
    String title = given.get("title").getAsString();
    String body = given.get("body").getAsString();
    String payload = given.get("payload").getAsString();
    Strategy strategy = new Strategy();
    strategy.setDef(1);
    strategy.setIos(4);
    Settings settings = new Settings();
    settings.setTtl(3600000);
    settings.setStrategy(strategy);
    push.setSettings(settings);
    PushMessage message = new PushMessage();
    message.setTransmission(payload);
    push.setPushMessage(message);
    PushChannel channel = new PushChannel();
    channel.setAndroid(android(title, body));
    channel.setIos(ios(title, body, payload));
    channel.setHarmony(harmony(title, body, payload));
    push.setPushChannel(channel);
  }

  private static AndroidDTO android(String title, String body) {
    ThirdNotification notification = new ThirdNotification();
    notification.setTitle(title);
    notification.setBody(body);
    notification.setClickType("intent");
    notification.setIntent("intent:#Intent;component=com.example.herald/.Main;end");
    notification.setNotifyId("7");
    Ups ups = new Ups();
    ups.setNotification(notification);
    AndroidDTO android = new AndroidDTO();
    android.setUps(ups);
    return android;
  }

  private static IosDTO ios(String title, String body, String payload) {
    Alert alert = new Alert();
    alert.setTitle(title);
    alert.setBody(body);
    Aps aps = new Aps();
    aps.setAlert(alert);
    aps.setContentAvailable(0);
    aps.setSound("default");
    aps.setThreadId("topic:alerts");
    IosDTO ios = new IosDTO();
    ios.setType("notify");
    ios.setAps(aps);
    ios.setAutoBadge("3");
    ios.setPayload(payload);
    ios.setApnsCollapseId("m1");
    return ios;
  }

  private static HarmonyDTO harmony(String title, String body, String payload) {
    HarmonyNotification notification = new HarmonyNotification();
    notification.setTitle(title);
    notification.setBody(body);
    notification.setCategory("IM");
    notification.setClickType("payload");
    notification.setPayload(payload);
    notification.setNotifyId("7");
    HarmonyDTO harmony = new HarmonyDTO();
    harmony.setNotification(notification);
    return harmony;
  }
}
