// The AWS SDK for Java v2. It takes its endpoint, region and keys from the environment.

import java.util.Map;
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
    System.exit(0);
  }
}
