// pgjdbc: a temporary login like any other, by the strings of docs/clients/pgjdbc.md.

import com.zaxxer.hikari.HikariDataSource;
import com.zaxxer.hikari.util.Credentials;
import java.io.StringReader;
import java.io.StringWriter;
import java.sql.Connection;
import java.sql.DriverManager;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashSet;
import java.util.List;
import org.postgresql.PGConnection;
import org.postgresql.copy.CopyManager;
import org.postgresql.jdbc.PgConnection;
import software.amazon.awssdk.services.redshift.RedshiftClient;

public class PgJdbc extends Scenarios {
  static String url(String login, String more) {
    return "jdbc:postgresql://localhost:" + fact("PORT") + "/" + fact("DATABASE")
        + "?user=" + fact(login + "_USER").replace(":", "%3A") + "&password=" + fact(login + "_PASSWORD")
        + "&sslmode=verify-full&sslrootcert=" + fact("CA_FILE") + more;
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
      for (String string : List.of(fact("STRINGS_0"), fact("STRINGS_1"))) {
        String user = string.replace("IAM%3Au", fact("LOGIN_USER").replace(":", "%3A"));
        equal(one(user.replaceFirst("password=[^&]*", "password=" + fact("LOGIN_PASSWORD")), "select 1"), "1");
      }
    });
    scenario("host", () -> equal(one(url("LOGIN", ""), "select current_database()"), fact("DATABASE")));
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
    scenario("metadata", () -> metadata(url("LOGIN", "")));
    scenario("cancel", () -> cancel(url("LOGIN", "")));
    scenario("prepared", () -> prepared(url("LOGIN", "")));
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
      try (FreshPasswords pool = new FreshPasswords(issued)) {
        pool.setJdbcUrl(url("LOGIN", "").replaceAll("[?]user=.*&sslmode", "?sslmode"));
        pool.setMaximumPoolSize(2);
        pool(pool, PgConnection.class);
      }
      if (new HashSet<>(issued).size() < LIVES) throw new AssertionError(issued.size() + " passwords");
      String first = url("LOGIN", "").replace(fact("LOGIN_PASSWORD"), issued.get(0));
      refused(() -> one(first, "select 1"), "IAM Authentication token has expired");
    });
    System.exit(0);
  }
}
