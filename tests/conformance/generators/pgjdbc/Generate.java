// pgjdbc's answers: Driver.parseURL. With the driver's jar (org.postgresql:postgresql) on the class path:
//
//   python3 ../strings.py jdbc-postgresql 2000 | java -cp postgresql.jar Generate.java > ../../data/pgjdbc.jsonl

import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.time.LocalDate;
import java.util.ArrayList;
import java.util.List;
import java.util.Properties;
import java.util.TreeSet;
import java.util.logging.Handler;
import java.util.logging.Level;
import java.util.logging.LogRecord;
import java.util.logging.Logger;

class Generate {
    static String warning = "";

    static String quoted(String text) {
        StringBuilder out = new StringBuilder("\"");
        for (char c : text.toCharArray()) {
            if (c == '"' || c == '\\') out.append('\\').append(c);
            else if (c < 0x20) out.append(String.format("\\u%04x", (int) c));
            else out.append(c);
        }
        return out.append('"').toString();
    }

    static String unquoted(String line) {
        StringBuilder out = new StringBuilder();
        for (int i = 1; i < line.length() - 1; i++) {
            char c = line.charAt(i);
            if (c != '\\') { out.append(c); continue; }
            c = line.charAt(++i);
            switch (c) {
                case 'n' -> out.append('\n');
                case 't' -> out.append('\t');
                case 'r' -> out.append('\r');
                case 'b' -> out.append('\b');
                case 'f' -> out.append('\f');
                case 'u' -> { out.append((char) Integer.parseInt(line.substring(i + 1, i + 5), 16)); i += 4; }
                default -> out.append(c);
            }
        }
        return out.toString();
    }

    static String answer(String text) {
        Properties said;
        try {
            warning = "";
            said = org.postgresql.Driver.parseURL(text, null);
        } catch (RuntimeException e) {
            return ",\"error\":" + quoted(String.valueOf(e.getMessage()));
        }
        if (said == null) {
            return ",\"error\":" + quoted(warning.isEmpty() ? "the driver does not take the URL" : warning);
        }
        StringBuilder out = new StringBuilder();
        String[] hosts = said.getProperty("PGHOST", "").split(",", -1);
        String[] ports = said.getProperty("PGPORT", "").split(",", -1);
        List<String> pairs = new ArrayList<>();
        for (int i = 0; i < hosts.length; i++) {
            String port = i < ports.length && !ports[i].isEmpty() ? quoted(ports[i]) : "null";
            // The driver takes the brackets of IPv6 along; they are no part of the address.
            pairs.add("[" + quoted(hosts[i].replaceAll("^\\[(.*)\\]$", "$1")) + "," + port + "]");
        }
        out.append(",\"hosts\":[").append(String.join(",", pairs)).append("]");
        String[][] places = {{"PGDBNAME", "database"}, {"user", "user"}, {"password", "password"}};
        // Without a database the driver takes the user's name, which is not written.
        Properties asked = org.postgresql.Driver.parseURL(text + (text.contains("?") ? "&" : "?") + "user=nobody-wrote-it", null);
        if (asked != null && "nobody-wrote-it".equals(asked.getProperty("PGDBNAME"))) said.remove("PGDBNAME");
        for (String[] place : places) {
            String value = said.getProperty(place[0]);
            if (value != null) out.append(",\"").append(place[1]).append("\":").append(quoted(value));
        }
        List<String> params = new ArrayList<>();
        for (String name : new TreeSet<>(said.stringPropertyNames())) {
            if (List.of("PGHOST", "PGPORT", "PGDBNAME", "user", "password").contains(name)) continue;
            params.add(quoted(name) + ":" + quoted(said.getProperty(name)));
        }
        if (!params.isEmpty()) out.append(",\"params\":{").append(String.join(",", params)).append("}");
        return out.toString();
    }

    public static void main(String[] args) throws Exception {
        Logger logger = Logger.getLogger("org.postgresql");
        logger.setUseParentHandlers(false);
        logger.setLevel(Level.WARNING);
        logger.addHandler(new Handler() {
            @Override public void publish(LogRecord r) {
                // Without what it repeats of the string.
                warning = r.getMessage().split("\\{0\\}|:")[0].strip();
            }
            @Override public void flush() {}
            @Override public void close() {}
        });
        PrintStream out = new PrintStream(System.out, false, StandardCharsets.UTF_8);
        out.println("{\"driver\":\"pgjdbc, Driver.parseURL\",\"version\":" + quoted(org.postgresql.util.DriverInfo.DRIVER_VERSION)
            + ",\"date\":" + quoted(LocalDate.now().toString())
            + ",\"dialect\":\"jdbc-postgresql\",\"default_port\":5432,\"default_host\":\"localhost\"}");
        BufferedReader in = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
        for (String line = in.readLine(); line != null; line = in.readLine()) {
            String text = unquoted(line);
            String said = answer(text);
            // What is no text cannot be written down.
            if (!said.contains("\ufffd")) out.println("{\"in\":" + quoted(text) + said + "}");
        }
        out.flush();
    }
}
