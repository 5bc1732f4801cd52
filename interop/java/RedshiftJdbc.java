// The Redshift JDBC driver with IAM: it gets the credentials itself, by the strings of docs/clients/redshift-jdbc.md.

import com.amazon.redshift.RedshiftConnection;
import com.zaxxer.hikari.HikariConfig;
import com.zaxxer.hikari.HikariDataSource;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.sql.Connection;
import java.sql.Date;
import java.sql.DatabaseMetaData;
import java.sql.DriverManager;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

public class RedshiftJdbc {
  interface Work {
    void run() throws Exception;
  }

  static final Map<String, String> ENV = System.getenv();

  static String fact(String name) {
    return ENV.get("KS_" + name);
  }

  // IAMDisableCache: the driver remembers passwords by its own clock, and the tests move the server's.
  static String url(String more) {
    return "jdbc:redshift:iam://localhost:" + fact("PORT") + "/" + fact("DATABASE")
        + "?ClusterID=" + fact("CLUSTER") + "&Region=" + fact("REGION") + "&EndpointUrl=" + fact("ENDPOINT")
        + "&DbUser=" + fact("DB_USER") + "&sslRootCert=" + fact("CA_FILE") + "&IAMDisableCache=true" + keys() + more;
  }

  static String keys() {
    return "&AccessKeyID=" + fact("ACCESS_KEY_ID") + "&SecretAccessKey=" + encoded(fact("SECRET_ACCESS_KEY"));
  }

  static String encoded(String text) {
    return URLEncoder.encode(text, StandardCharsets.UTF_8);
  }

  static String one(String url, String sql) throws SQLException {
    try (Connection connection = DriverManager.getConnection(url);
        Statement statement = connection.createStatement();
        ResultSet rows = statement.executeQuery(sql)) {
      rows.next();
      return rows.getString(1);
    }
  }

  static List<String> column(ResultSet rows, String name) throws SQLException {
    List<String> values = new ArrayList<>();
    try (rows) {
      while (rows.next()) values.add(rows.getString(name));
    }
    return values;
  }

  static void equal(Object found, Object expected) {
    if (!expected.equals(found)) throw new AssertionError(found + " is not " + expected);
  }

  static void refused(Work work, String... words) {
    try {
      work.run();
    } catch (Exception error) {
      StringBuilder text = new StringBuilder();
      for (Throwable at = error; at != null; at = at.getCause()) text.append(at).append(' ');
      for (String word : words) {
        if (!text.toString().contains(word)) throw new AssertionError("the error does not say \"" + word + "\": " + text);
      }
      return;
    }
    throw new AssertionError("it was not refused");
  }

  static void moveClock(String by) throws Exception {
    new ProcessBuilder("sh", "-c", fact("CLOCK") + " " + by).start().waitFor();
  }

  static void scenario(String name, Work work) {
    try {
      work.run();
      System.out.println("ok " + name);
    } catch (Throwable error) {
      error.printStackTrace();
      String text = error.toString().replaceAll("\\s+", " ");
      System.out.println("failed " + name + ": " + text.substring(0, Math.min(600, text.length())));
    }
  }

  static final String SALES = "select count(*) from example.sales";
  static final String PLAIN = "jdbc:redshift://localhost:%s/%s?user=%s&password=%s&sslRootCert=%s&sslMode=verify-full";

  static String plain(String login, String caFile) {
    String user = fact(login + "_USER").replace(":", "%3A");
    return String.format(PLAIN, fact("PORT"), fact("DATABASE"), user, fact(login + "_PASSWORD"), caFile);
  }

  public static void main(String[] arguments) {
    // The keys come from the environment, as the AWS SDK finds them.
    scenario("documented", () -> {
      equal(one(fact("STRINGS_0") + "&IAMDisableCache=true", SALES), "300");
      equal(one(fact("STRINGS_1") + "&IAMDisableCache=true", "select 1"), "1");
    });
    scenario("host", () -> {
      equal(one(url(""), "select current_database()"), fact("DATABASE"));
      // Offered by the driver, and not there.
      equal(one(url("&compression=lz4:1"), "select 1"), "1");
    });
    scenario("describe", () -> {
      String byId = "jdbc:redshift:iam://" + fact("CLUSTER") + ":" + fact("REGION") + "/" + fact("DATABASE")
          + "?EndpointUrl=" + fact("ENDPOINT") + "&DbUser=" + fact("DB_USER") + "&sslRootCert=" + fact("CA_FILE")
          + "&IAMDisableCache=true" + keys();
      equal(one(byId, "select 1"), "1");
    });
    scenario("iam", () -> {
      equal(one(url("&groupFederation=true"), "select current_user"), "IAM:RootIdentity");
    });
    scenario("token", () -> {
      String session = url("&groupFederation=true").replace(keys(), "") + "&AccessKeyID=" + fact("SESSION_ACCESS_KEY_ID")
          + "&SecretAccessKey=" + encoded(fact("SESSION_SECRET_ACCESS_KEY"));
      String token = encoded(fact("SESSION_SESSION_TOKEN"));
      equal(one(session + "&SessionToken=" + token, "select current_user"), fact("SESSION_DB_USER"));
      refused(() -> one(session, "select 1"), "security token");
    });
    scenario("groups", () -> {
      String made = url("").replace("DbUser=" + fact("DB_USER"), "DbUser=" + fact("NEW_USER")) + "&AutoCreate=true";
      refused(() -> one(made, SALES), "permission denied");
      equal(one(made + "&DbGroups=" + fact("DB_GROUP"), SALES), "300");
      refused(() -> one(made, SALES), "permission denied");
    });
    scenario("expired", () ->
        refused(() -> one(plain("EXPIRED", fact("CA_FILE")), "select 1"), "IAM Authentication token has expired"));
    scenario("database", () ->
        refused(() -> one(plain("OTHER_DATABASE", fact("CA_FILE")), "select 1"), "IAM authentication failed"));
    scenario("plain", () -> {
      String withoutTls = plain("LOGIN", fact("CA_FILE")).replace("&sslMode=verify-full", "&ssl=false");
      refused(() -> one(withoutTls, "select 1"), "must use TLS");
    });
    scenario("verify", () -> {
      equal(one(plain("LOGIN", fact("CA_FILE")), "select 1"), "1");
      refused(() -> one(plain("LOGIN", fact("OTHER_CA_FILE")), "select 1"), "SSL");
    });
    scenario("metadata", () -> {
      try (Connection connection = DriverManager.getConnection(url("&DbGroups=" + fact("DB_GROUP")))) {
        DatabaseMetaData told = connection.getMetaData();
        equal(column(told.getSchemas(), "TABLE_SCHEM").contains("example"), true);
        equal(column(told.getTables(null, "example", "%", new String[] {"TABLE"}), "TABLE_NAME").contains("sales"), true);
        equal(column(told.getColumns(null, "example", "sales", "amount"), "TYPE_NAME"), List.of("numeric"));
        column(told.getPrimaryKeys(null, "example", "sales"), "COLUMN_NAME");
        column(told.getProcedures(null, "example", "%"), "PROCEDURE_NAME");
        column(told.getFunctions(null, "example", "%"), "FUNCTION_NAME");
        equal(column(told.getCatalogs(), "TABLE_CAT").contains(fact("DATABASE")), true);
      }
    });
    scenario("cancel", () -> {
      try (Connection connection = DriverManager.getConnection(url("")); Statement statement = connection.createStatement()) {
        // A statement cannot be cancelled before it runs, so this goes on until it is.
        Thread canceling = new Thread(() -> {
          try {
            for (;;) {
              Thread.sleep(500);
              statement.cancel();
            }
          } catch (Exception ended) {
            // The statement has ended.
          }
        });
        canceling.start();
        try {
          refused(() -> statement.execute("select pg_sleep(30)"), "cancel");
        } finally {
          canceling.interrupt();
          canceling.join();
        }
      }
    });
    scenario("prepared", () -> {
      try (Connection connection = DriverManager.getConnection(url(""));
          PreparedStatement prepared = connection.prepareStatement("select ?::int, ?::text, ?::date, ?::float8")) {
        for (int n = 0; n < 8; n++) {
          prepared.setInt(1, n);
          prepared.setString(2, "text");
          prepared.setDate(3, Date.valueOf("2026-03-01"));
          prepared.setDouble(4, 1.5);
          try (ResultSet rows = prepared.executeQuery()) {
            rows.next();
            equal(rows.getInt(1), n);
            equal(rows.getString(2), "text");
            equal(rows.getDate(3), Date.valueOf("2026-03-01"));
            equal(rows.getDouble(4), 1.5);
          }
        }
      }
    });
    scenario("pool", () -> {
      HikariConfig config = new HikariConfig();
      config.setJdbcUrl(url("&DbGroups=" + fact("DB_GROUP")));
      config.setMaximumPoolSize(2);
      // The drivers' connections of all lives, held so that none can take another one's place in memory.
      Set<Object> seen = Collections.newSetFromMap(new IdentityHashMap<>());
      try (HikariDataSource pool = new HikariDataSource(config)) {
        for (int life = 0; life < 4; life++) {
          int before = seen.size();
          for (int n = 0; n < 4; n++) {
            try (Connection connection = pool.getConnection();
                ResultSet rows = connection.createStatement().executeQuery(SALES)) {
              rows.next();
              equal(rows.getInt(1), 300);
              boolean isNew = seen.add(connection.unwrap(RedshiftConnection.class));
              if (n == 0 && !isNew) throw new AssertionError("the connection of an earlier life");
            }
          }
          if (seen.size() == before) throw new AssertionError("no new connection");
          if (life < 3) moveClock("+900s");
          // Connections that the pool must open anew.
          pool.getHikariPoolMXBean().softEvictConnections();
        }
      }
    });
    System.exit(0);
  }
}
