// Answers of drivers of Java; wants the jars of MySQL Connector/J, MariaDB Connector/J and mssql-jdbc.
//
//     python3 ../other_strings.py jdbc-mysql | java -cp 'jars/*' Generate.java jdbc-mysql > ../../data/jdbc-mysql.jsonl
import com.mysql.cj.conf.ConnectionUrl;
import com.mysql.cj.conf.ConnectionUrlParser;
import com.mysql.cj.conf.HostInfo;
import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.lang.reflect.Field;
import java.lang.reflect.Modifier;
import java.nio.charset.StandardCharsets;
import java.sql.DriverPropertyInfo;
import java.time.LocalDate;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.TreeMap;
import org.mariadb.jdbc.Configuration;
import org.mariadb.jdbc.HostAddress;

public class Generate {
  static class Answer {
    List<String> hosts = new ArrayList<>();
    String database, user, password;
    Map<String, String> params = new TreeMap<>();

    void host(String host, Integer port) {
      hosts.add("[" + json(host == null ? "" : host.replaceAll("^\\[|\\]$", "")) + "," + (port == null || port < 0 ? "null" : json(port.toString())) + "]");
    }
  }

  static String json(String text) {
    if (text == null) return "null";
    StringBuilder out = new StringBuilder("\"");
    for (char c : text.toCharArray()) {
      if (c == '"' || c == '\\') out.append('\\').append(c);
      else if (c < ' ') out.append(String.format("\\u%04x", (int) c));
      else out.append(c);
    }
    return out.append('"').toString();
  }

  static String unjson(String line) {
    StringBuilder out = new StringBuilder();
    for (int i = 1; i < line.length() - 1; i++) {
      char c = line.charAt(i);
      if (c != '\\') {
        out.append(c);
        continue;
      }
      char next = line.charAt(++i);
      if (next == 'u') {
        out.append((char) Integer.parseInt(line.substring(i + 1, i + 5), 16));
        i += 4;
      } else out.append(next == 'n' ? '\n' : next == 't' ? '\t' : next);
    }
    return out.toString();
  }

  /** `ConnectionUrl` says whether it is taken; the parser beneath it says what is written, before defaults. */
  static Answer mysql(String url) {
    ConnectionUrl whole = ConnectionUrl.getConnectionUrlInstance(url, null);
    ConnectionUrlParser parser = ConnectionUrlParser.parseConnectionString(url);
    Answer answer = new Answer();
    answer.database = whole.getDatabase();
    for (HostInfo host : parser.getHosts()) {
      // What stands in keys of a host keeps their place until the whole is put together.
      Map<String, String> keys = host.getHostProperties();
      String port = keys.get("port");
      answer.host(host.getHost() == null ? keys.get("host") : host.getHost(), port == null ? (Integer) host.getPort() : Integer.valueOf(port));
    }
    HostInfo main = whole.getMainHost();
    answer.user = main.getUser();
    answer.password = main.getPassword();
    for (Map.Entry<String, String> entry : parser.getProperties().entrySet()) {
      if (!entry.getKey().matches("user|password")) answer.params.put(entry.getKey(), entry.getValue() == null ? "" : entry.getValue());
    }
    return answer;
  }

  static Answer mariadb(String url) throws Exception {
    Configuration got = Configuration.parse(url);
    if (got == null) throw new Exception("No suitable driver found");
    Configuration plain = Configuration.parse("jdbc:mariadb://a/b");
    Answer answer = new Answer();
    for (HostAddress address : got.addresses()) {
      answer.host(address.host, address.port);
    }
    answer.database = got.database();
    answer.user = got.user();
    answer.password = got.password();
    got.nonMappedOptions().forEach((name, value) -> answer.params.put(name.toString(), value.toString()));
    for (Field field : Configuration.class.getDeclaredFields()) {
      if (Modifier.isStatic(field.getModifiers()) || field.getName().matches("user|password|database|initialUrl")) continue;
      field.setAccessible(true);
      Object value = field.get(got);
      boolean simple = value instanceof String || value instanceof Integer || value instanceof Boolean;
      // What follows from another parameter is not written.
      if (simple && url.contains(field.getName() + "=") && !value.equals(field.get(plain))) answer.params.put(field.getName(), value.toString());
    }
    return answer;
  }

  static Answer sqlserver(String url) throws Exception {
    com.microsoft.sqlserver.jdbc.SQLServerDriver driver = new com.microsoft.sqlserver.jdbc.SQLServerDriver();
    if (!driver.acceptsURL(url)) throw new Exception("No suitable driver found");
    Map<String, String> plain = new TreeMap<>();
    for (DriverPropertyInfo info : driver.getPropertyInfo("jdbc:sqlserver://x", new Properties())) plain.put(info.name, info.value);
    Answer answer = new Answer();
    String host = null, port = null;
    // What drivers show of properties has no password; what they read has.
    java.lang.reflect.Method read = Class.forName("com.microsoft.sqlserver.jdbc.Util").getDeclaredMethod("parseUrl", String.class, java.util.logging.Logger.class);
    read.setAccessible(true);
    Properties all = (Properties) read.invoke(null, url, java.util.logging.Logger.getAnonymousLogger());
    answer.password = all.getProperty("password");
    for (DriverPropertyInfo info : driver.getPropertyInfo(url, new Properties())) {
      if (info.value == null) continue;
      switch (info.name) {
        case "serverName": host = info.value; break;
        case "portNumber": port = info.value; break;
        case "databaseName": answer.database = info.value; break;
        case "user": answer.user = info.value; break;
        case "password": break;
        default: if (!info.value.equals(plain.get(info.name))) answer.params.put(info.name, info.value);
      }
    }
    answer.host(host, port == null || port.isEmpty() ? null : Integer.valueOf(port));
    return answer;
  }

  /** MariaDB's driver turns for ever on some broken lists of hosts. */
  static Answer timed(java.util.concurrent.Callable<Answer> read) throws Exception {
    java.util.concurrent.FutureTask<Answer> task = new java.util.concurrent.FutureTask<>(read);
    Thread thread = new Thread(task);
    thread.setDaemon(true);
    thread.start();
    try {
      return task.get(3, java.util.concurrent.TimeUnit.SECONDS);
    } catch (java.util.concurrent.TimeoutException late) {
      thread.stop();
      throw new Exception("the driver does not come back");
    }
  }

  public static void main(String[] args) throws Exception {
    java.util.logging.LogManager.getLogManager().reset();
    PrintStream out = new PrintStream(System.out, false, StandardCharsets.UTF_8);
    String[] head = switch (args[0]) {
      case "jdbc-mysql" -> new String[] {"MySQL Connector/J", com.mysql.cj.Constants.CJ_VERSION, "3306", "localhost", ",\"params\":\"some\"", "[\"jdbc-mysql\",\"mysqlx-uri\"]"};
      case "jdbc-mariadb" -> new String[] {"MariaDB Connector/J", org.mariadb.jdbc.util.VersionFactory.getInstance().getVersion(), "3306", "localhost", ",\"params\":\"some\"", "[\"jdbc-mariadb\"]"};
      default -> new String[] {"mssql-jdbc", com.microsoft.sqlserver.jdbc.SQLServerDriver.class.getProtectionDomain().getCodeSource().getLocation().getPath().replaceAll(".*mssql-jdbc-|\\.jre.*", ""), "1433", "", ",\"params\":\"some\",\"folds_names\":true", "[\"jdbc-sqlserver\"]"};
    };
    out.println("{\"driver\":" + json(head[0]) + ",\"version\":" + json(head[1]) + ",\"date\":" + json(LocalDate.now().toString())
        + ",\"dialect\":" + head[5] + ",\"default_port\":" + head[2] + ",\"default_host\":" + json(head[3]) + head[4] + "}");
    BufferedReader lines = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
    for (String line = lines.readLine(); line != null; line = lines.readLine()) {
      String in = unjson(line);
      try {
        Answer a = timed(() -> args[0].equals("jdbc-mysql") ? mysql(in) : args[0].equals("jdbc-mariadb") ? mariadb(in) : sqlserver(in));
        StringBuilder params = new StringBuilder();
        a.params.forEach((name, value) -> params.append(params.length() > 0 ? "," : "").append(json(name)).append(":").append(json(value)));
        out.println("{\"in\":" + json(in) + ",\"hosts\":[" + String.join(",", a.hosts) + "],\"database\":" + json(a.database) + ",\"user\":"
            + json(a.user) + ",\"password\":" + json(a.password) + ",\"params\":{" + params + "}}");
      } catch (Throwable error) {
        Throwable cause = error;
        while (cause.getCause() != null) cause = cause.getCause();
        out.println("{\"in\":" + json(in) + ",\"error\":" + json(String.valueOf(cause.getMessage()).split("\n")[0]) + "}");
      }
    }
    out.flush();
    System.exit(0);
  }
}
