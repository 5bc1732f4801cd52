// What the programs in Java share: each scenario prints one line, and some are the same for both JDBC drivers.

import com.zaxxer.hikari.HikariDataSource;
import java.sql.Connection;
import java.sql.Date;
import java.sql.DriverManager;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Set;

abstract class Scenarios {
  interface Work {
    void run() throws Exception;
  }

  static final String SALES = "select count(*) from example.sales";
  /** As many lifetimes of a credential as the clock is moved, and the first one. */
  static final int LIVES = 4;

  static String fact(String name) {
    return System.getenv("KS_" + name);
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

  static void equal(Object found, Object expected) {
    if (!expected.equals(found)) throw new AssertionError(found + " is not " + expected);
  }

  /** Runs what must fail, with all of these words in what the client shows of it. */
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

  /** The first column of the first row of a query. */
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

  static void metadata(String url) throws SQLException {
    try (Connection connection = DriverManager.getConnection(url)) {
      var told = connection.getMetaData();
      equal(column(told.getSchemas(), "TABLE_SCHEM").contains("example"), true);
      equal(column(told.getTables(null, "example", "%", new String[] {"TABLE"}), "TABLE_NAME").contains("sales"), true);
      equal(column(told.getColumns(null, "example", "sales", "amount"), "TYPE_NAME"), List.of("numeric"));
      column(told.getPrimaryKeys(null, "example", "sales"), "COLUMN_NAME");
      column(told.getProcedures(null, "example", "%"), "PROCEDURE_NAME");
      column(told.getFunctions(null, "example", "%"), "FUNCTION_NAME");
      equal(column(told.getCatalogs(), "TABLE_CAT").contains(fact("DATABASE")), true);
    }
  }

  static void cancel(String url) throws Exception {
    try (Connection connection = DriverManager.getConnection(url); Statement statement = connection.createStatement()) {
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
  }

  static void prepared(String url) throws SQLException {
    try (Connection connection = DriverManager.getConnection(url);
        PreparedStatement prepared = connection.prepareStatement("select ?::int, ?::text, ?::date, ?::float8")) {
      // More often than after how many times a driver prepares it on the server.
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
  }

  /** A pool of HikariCP over three lifetimes of its credentials, with connections of the driver of its own in each. */
  static void pool(HikariDataSource pool, Class<?> ofDriver) throws Exception {
    // Of all lives, and held, so that no later one can have the place of an earlier one in memory.
    Set<Object> seen = Collections.newSetFromMap(new IdentityHashMap<>());
    for (int life = 1; life <= LIVES; life++) {
      for (int n = 0; n < 4; n++) {
        try (Connection connection = pool.getConnection();
            ResultSet rows = connection.createStatement().executeQuery(SALES)) {
          rows.next();
          equal(rows.getInt(1), 300);
          boolean isNew = seen.add(connection.unwrap(ofDriver));
          if (n == 0 && !isNew) throw new AssertionError("the connection of an earlier life");
        }
      }
      if (life < LIVES) equal(new ProcessBuilder("sh", "-c", fact("CLOCK") + " +900s").start().waitFor(), 0);
      // Connections that the pool must open anew.
      pool.getHikariPoolMXBean().softEvictConnections();
    }
  }
}
