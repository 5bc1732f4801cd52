// The Redshift JDBC driver with IAM: it gets the credentials itself, by the strings of docs/clients/redshift-jdbc.md.

import com.amazon.redshift.RedshiftConnection;
import com.zaxxer.hikari.HikariConfig;
import com.zaxxer.hikari.HikariDataSource;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;

public class RedshiftJdbc extends Scenarios {
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
    scenario("metadata", () -> metadata(url("&DbGroups=" + fact("DB_GROUP"))));
    scenario("cancel", () -> cancel(url("")));
    scenario("prepared", () -> prepared(url("")));
    scenario("pool", () -> {
      HikariConfig config = new HikariConfig();
      config.setJdbcUrl(url("&DbGroups=" + fact("DB_GROUP")));
      config.setMaximumPoolSize(2);
      try (HikariDataSource pool = new HikariDataSource(config)) {
        pool(pool, RedshiftConnection.class);
      }
    });
    System.exit(0);
  }
}
