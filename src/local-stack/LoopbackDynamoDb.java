import com.amazonaws.services.dynamodbv2.local.main.ServerRunner;
import com.amazonaws.services.dynamodbv2.local.server.DynamoDBProxyServer;
import java.lang.reflect.Field;
import java.nio.charset.StandardCharsets;
import org.eclipse.jetty.http.HttpField;
import org.eclipse.jetty.server.Connector;
import org.eclipse.jetty.server.Handler;
import org.eclipse.jetty.server.Request;
import org.eclipse.jetty.server.Response;
import org.eclipse.jetty.server.Server;
import org.eclipse.jetty.server.ServerConnector;
import org.eclipse.jetty.util.Callback;

/**
 * DynamoDB Local on the loopback interface, for this run's clients alone: it takes no host name of another, no page's
 * request, and no access key but the one in the environment (ACCESS_KEY; without it any).
 */
public class LoopbackDynamoDb extends Handler.Wrapper {
  private static final String REFUSAL =
      "{\"__type\":\"AccessDeniedException\",\"message\":\"found no client of this run: host name, page or access key are others\"}";
  private final String accessKey = System.getenv("ACCESS_KEY");

  public static void main(String[] arguments) throws Exception {
    DynamoDBProxyServer proxy = ServerRunner.createServerFromCommandLineArgs(arguments);
    Field field = DynamoDBProxyServer.class.getDeclaredField("server");
    field.setAccessible(true);
    Server server = (Server) field.get(proxy);
    for (Connector connector : server.getConnectors()) ((ServerConnector) connector).setHost("127.0.0.1");
    LoopbackDynamoDb guard = new LoopbackDynamoDb();
    guard.setHandler(server.getHandler());
    server.setHandler(guard);
    proxy.start();
    // Whoever started this knows by it that the port is ours, and not another's who was quicker.
    System.out.println("LoopbackDynamoDb: listening");
  }

  @Override
  public boolean handle(Request request, Response response, Callback callback) throws Exception {
    if (isOurs(request)) return super.handle(request, response, callback);
    response.setStatus(403);
    response.write(true, StandardCharsets.UTF_8.encode(REFUSAL), callback);
    return true;
  }

  private boolean isOurs(Request request) {
    String host = header(request, "Host").replaceFirst(":\\d+$", "");
    boolean isHere = host.equals("127.0.0.1") || host.equalsIgnoreCase("localhost");
    boolean isPage = request.getHeaders().contains("Origin");
    boolean isKnown = accessKey == null || header(request, "Authorization").startsWith("AWS4-HMAC-SHA256 Credential=" + accessKey + "/");
    return isHere && !isPage && isKnown;
  }

  private static String header(Request request, String name) {
    HttpField field = request.getHeaders().getField(name);
    return field == null || field.getValue() == null ? "" : field.getValue();
  }
}
