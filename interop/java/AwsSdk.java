// The AWS SDK for Java v2. It takes its endpoint, region and keys from the environment.

import java.io.FileInputStream;
import java.io.InputStream;
import java.net.URI;
import java.security.KeyStore;
import java.security.cert.CertificateFactory;
import java.util.Map;
import javax.net.ssl.TrustManagerFactory;
import software.amazon.awssdk.core.exception.SdkClientException;
import software.amazon.awssdk.http.urlconnection.UrlConnectionHttpClient;
import software.amazon.awssdk.services.redshift.RedshiftClient;
import software.amazon.awssdk.services.redshift.model.ClusterNotFoundException;
import software.amazon.awssdk.services.redshift.model.CustomDomainAssociationNotFoundException;
import software.amazon.awssdk.services.redshiftserverless.RedshiftServerlessClient;
import software.amazon.awssdk.services.redshiftserverless.model.ResourceNotFoundException;

public class AwsSdk {
  interface Work {
    void run() throws Exception;
  }

  static final Map<String, String> ENV = System.getenv();

  static String fact(String name) {
    return ENV.get("KS_" + name);
  }

  static void equal(Object found, Object expected) {
    if (!expected.equals(found)) throw new AssertionError(found + " is not " + expected);
  }

  static void thrown(Class<? extends Exception> expected, Work work) throws Exception {
    try {
      work.run();
    } catch (Exception error) {
      equal(error.getClass(), expected);
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

  public static void main(String[] arguments) {
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
        thrown(ResourceNotFoundException.class, () -> serverless.getWorkgroup(r -> r.workgroupName("nowhere")));
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
