// The AWS SDK for Java v2. It takes its endpoint, region and keys from the environment.

import java.io.FileInputStream;
import java.io.InputStream;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyStore;
import java.security.cert.CertificateFactory;
import java.util.List;
import javax.net.ssl.TrustManagerFactory;
import software.amazon.awssdk.core.exception.SdkClientException;
import software.amazon.awssdk.http.urlconnection.UrlConnectionHttpClient;
import software.amazon.awssdk.services.redshift.RedshiftClient;
import software.amazon.awssdk.services.redshift.model.ClusterNotFoundException;
import software.amazon.awssdk.services.redshift.model.CustomDomainAssociationNotFoundException;
import software.amazon.awssdk.services.redshiftdata.RedshiftDataClient;
import software.amazon.awssdk.services.redshiftdata.model.DescribeStatementResponse;
import software.amazon.awssdk.services.redshiftdata.model.ExecuteStatementRequest;
import software.amazon.awssdk.services.redshiftserverless.RedshiftServerlessClient;

public class AwsSdk extends Scenarios {
  static void thrown(Class<? extends Exception> expected, Work work) throws Exception {
    try {
      work.run();
    } catch (Exception error) {
      equal(error.getClass(), expected);
      return;
    }
    throw new AssertionError("it was not refused");
  }

  // How many clusters of the example there are, asked for over TLS that trusts an authority and no other.
  static int describedOver(String authority) throws Exception {
    KeyStore trusted = KeyStore.getInstance(KeyStore.getDefaultType());
    trusted.load(null, null);
    try (InputStream pem = new FileInputStream(authority)) {
      trusted.setCertificateEntry("authority", CertificateFactory.getInstance("X.509").generateCertificate(pem));
    }
    TrustManagerFactory factory = TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
    factory.init(trusted);
    var http = UrlConnectionHttpClient.builder().tlsTrustManagersProvider(factory::getTrustManagers);
    try (RedshiftClient redshift = RedshiftClient.builder()
        .endpointOverride(URI.create(fact("ENDPOINT_TLS"))).httpClientBuilder(http).build()) {
      return redshift.describeClusters(r -> r.clusterIdentifier(fact("CLUSTER"))).clusters().size();
    }
  }

  // The code of docs/clients/aws-sdk-java.md as a program, which prints the user of the login that each client gets.
  static final String DOCUMENTED = """
      import java.net.URI;
      import software.amazon.awssdk.services.redshift.RedshiftClient;
      import software.amazon.awssdk.services.redshift.model.GetClusterCredentialsResponse;

      public class Documented {
        static String login() {
          %s
          return credentials.dbUser();
        }

        static int clusters() {
          %s
          return redshift.describeClusters().clusters().size();
        }

        public static void main(String[] arguments) {
          System.out.println(login() + " " + clusters());
        }
      }
      """;

  static void documented() throws Exception {
    Path program = Files.createTempDirectory("documented").resolve("Documented.java");
    Files.writeString(program, String.format(DOCUMENTED, fact("STRINGS_2"), fact("STRINGS_3")));
    Process run = new ProcessBuilder("bash", "shell/documented.sh",
        "java", "-cp", System.getProperty("java.class.path"), program.toString()).redirectErrorStream(true).start();
    String output = new String(run.getInputStream().readAllBytes());
    // What Java says of its options, and keytool of the trust store, is beside it.
    List<String> told = output.lines().filter(line -> line.startsWith("IAM:")).toList();
    String expected = "IAM:" + fact("DB_USER") + ":" + fact("DB_GROUP") + " 1";
    if (!told.equals(List.of(expected, expected))) throw new AssertionError(output);
  }

  static DescribeStatementResponse ended(RedshiftDataClient data, ExecuteStatementRequest request) throws Exception {
    String id = data.executeStatement(request).id();
    for (;;) {
      var statement = data.describeStatement(r -> r.id(id));
      if (List.of("FINISHED", "FAILED", "ABORTED").contains(statement.statusAsString())) return statement;
      Thread.sleep(50);
    }
  }

  public static void main(String[] arguments) {
    scenario("documented", AwsSdk::documented);
    scenario("api", () -> {
      try (RedshiftClient redshift = RedshiftClient.create()) {
        var cluster = redshift.describeClusters(r -> r.clusterIdentifier(fact("CLUSTER"))).clusters().get(0);
        equal(String.valueOf(cluster.endpoint().port()), fact("PORT"));
        var credentials = redshift.getClusterCredentials(r -> r
            .clusterIdentifier(fact("CLUSTER")).dbUser(fact("DB_USER")).dbGroups(fact("DB_GROUP")).autoCreate(true));
        equal(credentials.dbUser(), "IAMA:" + fact("DB_USER") + ":" + fact("DB_GROUP"));
        thrown(ClusterNotFoundException.class, () -> redshift.describeClusters(r -> r.clusterIdentifier("nowhere")));
        thrown(CustomDomainAssociationNotFoundException.class, () ->
            redshift.describeCustomDomainAssociations(r -> r.customDomainName("localhost")));
      }
    });
    scenario("iam", () -> {
      try (RedshiftClient redshift = RedshiftClient.create();
          RedshiftServerlessClient serverless = RedshiftServerlessClient.create()) {
        equal(redshift.getClusterCredentialsWithIAM(r -> r.clusterIdentifier(fact("CLUSTER"))).dbUser(), "IAM:RootIdentity");
        equal(serverless.getCredentials(r -> r.workgroupName("default")).dbUser(), "IAM:RootIdentity");
        var workgroup = serverless.getWorkgroup(r -> r.workgroupName("default")).workgroup();
        equal(String.valueOf(workgroup.endpoint().port()), fact("PORT"));
        thrown(software.amazon.awssdk.services.redshiftserverless.model.ResourceNotFoundException.class, () -> serverless.getWorkgroup(r -> r.workgroupName("nowhere")));
      }
    });
    scenario("token", () -> {
      // Where the SDK looks before the environment.
      System.setProperty("aws.accessKeyId", fact("SESSION_ACCESS_KEY_ID"));
      System.setProperty("aws.secretAccessKey", fact("SESSION_SECRET_ACCESS_KEY"));
      System.setProperty("aws.sessionToken", fact("SESSION_SESSION_TOKEN"));
      try (RedshiftClient redshift = RedshiftClient.create()) {
        equal(redshift.getClusterCredentialsWithIAM(r -> r.clusterIdentifier(fact("CLUSTER"))).dbUser(), fact("SESSION_DB_USER"));
      } finally {
        for (String name : new String[] {"accessKeyId", "secretAccessKey", "sessionToken"}) System.clearProperty("aws." + name);
      }
    });
    scenario("data", () -> {
      try (RedshiftDataClient data = RedshiftDataClient.create()) {
        var request = ExecuteStatementRequest.builder()
            .clusterIdentifier(fact("CLUSTER")).database(fact("DATABASE")).dbUser(fact("DB_USER")).sql(SALES).build();
        String typed = "select :n::int as n, null as nothing";
        String id = ended(data, request.copy(r -> r.sql(typed).parameters(p -> p.name("n").value("7")))).id();
        var rows = data.getStatementResultPaginator(r -> r.id(id)).stream().flatMap(page -> page.records().stream()).toList();
        equal(rows.get(0).get(0).longValue(), 7L);
        equal(rows.get(0).get(1).isNull(), true);
        var refused = ended(data, request);
        equal(refused.statusAsString(), "FAILED");
        equal(refused.error().contains("permission denied"), true);
        thrown(software.amazon.awssdk.services.redshiftdata.model.ResourceNotFoundException.class,
            () -> data.describeStatement(r -> r.id("70662acc-f334-46f8-b953-3a9546796d7a")));
      }
    });
    scenario("verify", () -> {
      equal(describedOver(fact("CA_FILE")), 1);
      try {
        describedOver(fact("OTHER_CA_FILE"));
      } catch (SdkClientException error) {
        if (error.toString().contains("PKIX")) return;
        throw error;
      }
      throw new AssertionError("another authority is trusted");
    });
    System.exit(0);
  }
}
