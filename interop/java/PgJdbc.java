// pgjdbc: a temporary login like any other, by the strings of docs/clients/pgjdbc.md.

import com.zaxxer.hikari.HikariDataSource;
import com.zaxxer.hikari.util.Credentials;
import java.io.StringReader;
import java.io.StringWriter;
import java.sql.Connection;
import java.sql.Date;
import java.sql.DriverManager;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashSet;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.postgresql.PGConnection;
import org.postgresql.copy.CopyManager;
import org.postgresql.jdbc.PgConnection;
import software.amazon.awssdk.services.redshift.RedshiftClient;

public class PgJdbc {
  interface Work {
    void run() throws Exception;
  }

  static final Map<String, String> ENV = System.getenv();

  static String fact(String name) {
    return ENV.get("KS_" + name);
  }

  static String url(String login, String more) {
    return "jdbc:postgresql://localhost:" + fact("PORT") + "/" + fact("DATABASE")
        + "?user=" + fact(login + "_USER").replace(":", "%3A") + "&password=" + fact(login + "_PASSWORD")
        + "&sslmode=verify-full&sslrootcert=" + fact("CA_FILE") + more;
  }

  static String one(String url, String sql) throws SQLException {
    try (Connection connection = DriverManager.getConnection(url);
        Statement statement = connection.createStatement();
        ResultSet rows = statement.executeQuery(sql)) {
      rows.next();
      return rows.getString(1);
    }
  }

  static void equal(Object found, Object expected) {
    if (!expected.equals(found)) throw new AssertionError(found + " is not " + expected);
  }

  static void refused(Work work, String... words) {
    try {
      work.run();
    } catch (Exception error) {
      for (String word : words) {
        if (!error.toString().contains(word)) throw new AssertionError("the error does not say \"" + word + "\": " + error);
      }
      return;
    }
    throw new AssertionError("it was not refused");
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

  // HikariCP asks for the credentials as it opens a connection.
  static class FreshPasswords extends HikariDataSource {
    private final RedshiftClient redshift = RedshiftClient.create();
    private final List<String> issued;

    FreshPasswords(List<String> issued) {
      this.issued = issued;
    }

    @Override
    public Credentials getCredentials() {
      var told = redshift.getClusterCredentials(r -> r
          .clusterIdentifier(fact("CLUSTER")).dbUser(fact("DB_USER")).dbGroups(fact("DB_GROUP")));
      issued.add(told.dbPassword());
      return Credentials.of(told.dbUser(), told.dbPassword());
    }
  }

  public static void main(String[] arguments) {
    scenario("documented", () -> {
      String string = fact("STRINGS_0").replace("IAM%3Au", fact("LOGIN_USER").replace(":", "%3A"));
      equal(one(string.replace("password=…", "password=" + fact("LOGIN_PASSWORD")), "select 1"), "1");
    });
    scenario("host", () -> {
      equal(one(url("LOGIN", ""), "select current_database()"), fact("DATABASE"));
      equal(one(url("LOGIN", "&sslNegotiation=direct"), "select 1"), "1");
    });
    scenario("groups", () -> equal(one(url("NEW_LOGIN", ""), "select count(*) from example.sales"), "300"));
    scenario("expired", () ->
        refused(() -> one(url("EXPIRED", ""), "select 1"), "IAM Authentication token has expired", "It expired at"));
    scenario("database", () -> refused(() -> one(url("OTHER_DATABASE", ""), "select 1"), "not for the database"));
    scenario("plain", () -> {
      String withoutTls = url("LOGIN", "").replace("sslmode=verify-full", "sslmode=disable");
      refused(() -> one(withoutTls, "select 1"), "must use TLS");
    });
    scenario("verify", () -> {
      String other = url("LOGIN", "").replace(fact("CA_FILE"), fact("OTHER_CA_FILE"));
      refused(() -> one(other, "select 1"), "SSL error");
    });
    scenario("metadata", () -> {
      try (Connection connection = DriverManager.getConnection(url("LOGIN", ""))) {
        try (ResultSet tables = connection.getMetaData().getTables(null, "example", "%", new String[] {"TABLE"})) {
          tables.next();
          equal(tables.getString("TABLE_NAME"), "sales");
        }
        try (ResultSet columns = connection.getMetaData().getColumns(null, "example", "sales", "amount")) {
          columns.next();
          equal(columns.getString("TYPE_NAME"), "numeric");
        }
        try (ResultSet keys = connection.getMetaData().getPrimaryKeys(null, "example", "sales")) {
          while (keys.next()) equal(keys.getString("TABLE_NAME"), "sales");
        }
      }
    });
    scenario("cancel", () -> {
      try (Connection connection = DriverManager.getConnection(url("LOGIN", ""));
          Statement statement = connection.createStatement()) {
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
          refused(() -> statement.execute("select pg_sleep(30)"), "canceling statement");
        } finally {
          canceling.interrupt();
          canceling.join();
        }
      }
    });
    scenario("prepared", () -> {
      try (Connection connection = DriverManager.getConnection(url("LOGIN", ""));
          PreparedStatement prepared = connection.prepareStatement("select ?::int, ?::text, ?::date, ?::float8")) {
        for (int n = 0; n < 8; n++) {
          prepared.setInt(1, n);
          prepared.setString(2, "text");
          prepared.setDate(3, Date.valueOf("2026-03-01"));
          prepared.setDouble(4, 1.5);
          try (ResultSet rows = prepared.executeQuery()) {
            rows.next();
            equal(rows.getInt(1), n);
            equal(rows.getDate(3), Date.valueOf("2026-03-01"));
            equal(rows.getDouble(4), 1.5);
          }
        }
      }
    });
    scenario("copy", () -> {
      StringBuilder lines = new StringBuilder();
      for (int n = 0; n < 1000; n++) lines.append(n).append("\tline ").append(n).append('\n');
      try (Connection connection = DriverManager.getConnection(url("LOGIN", ""))) {
        connection.createStatement().execute("create temp table copied (n int, t text)");
        CopyManager copies = connection.unwrap(PGConnection.class).getCopyAPI();
        copies.copyIn("copy copied from stdin", new StringReader(lines.toString()));
        StringWriter out = new StringWriter();
        copies.copyOut("copy (select * from copied order by n) to stdout", out);
        equal(out.toString(), lines.toString());
      }
    });
    scenario("pool", () -> {
      List<String> issued = Collections.synchronizedList(new ArrayList<>());
      Set<Connection> seen = Collections.newSetFromMap(new IdentityHashMap<>());
      try (FreshPasswords pool = new FreshPasswords(issued)) {
        pool.setJdbcUrl(url("LOGIN", "").replaceAll("[?]user=.*&sslmode", "?sslmode"));
        pool.setMaximumPoolSize(2);
        for (int life = 0; life < 4; life++) {
          try (Connection connection = pool.getConnection();
              ResultSet rows = connection.createStatement().executeQuery("select count(*) from example.sales")) {
            rows.next();
            equal(rows.getInt(1), 300);
            if (!seen.add(connection.unwrap(PgConnection.class)))
              throw new AssertionError("the connection of an earlier life");
          }
          if (life < 3) new ProcessBuilder("sh", "-c", fact("CLOCK") + " +900s").start().waitFor();
          pool.getHikariPoolMXBean().softEvictConnections();
        }
      }
      if (new HashSet<>(issued).size() < 4) throw new AssertionError(issued.size() + " passwords");
      String first = url("LOGIN", "").replace(fact("LOGIN_PASSWORD"), issued.get(0));
      refused(() -> one(first, "select 1"), "IAM Authentication token has expired");
    });
    System.exit(0);
  }
}
